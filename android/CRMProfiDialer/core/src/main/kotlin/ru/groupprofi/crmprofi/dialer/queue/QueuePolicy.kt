package ru.groupprofi.crmprofi.dialer.queue

import kotlin.random.Random

/** What waits to be sent. [cap] is how many of a kind are kept; a call's result has none: it is never dropped. */
enum class QueueType(val word: String, val priority: Int, val cap: Int?) {
    CALL_UPDATE("call_update", 0, null),

    /** What the person wrote of a call: kept like its result, and sent after it. */
    CALL_NOTE("call_note", 0, null),
    HEARTBEAT("heartbeat", 1, 1),
    LOG_BUNDLE("log_bundle", 2, 50),
    TELEMETRY("telemetry", 3, 200),
    ;

    /** Never dropped, whatever it costs. */
    val isKept: Boolean get() = cap == null
}

enum class QueueState { READY, HELD, DEAD }

/** One row. [createdAt] and [nextAt] are milliseconds of the wall clock, [bytes] the size of the sealed payload. */
data class QueueItem(
    val id: Long,
    val userId: Long,
    val type: QueueType,
    val dedupeKey: String,
    val createdAt: Long,
    val bytes: Int,
    /** The call that a result is about: results of one call leave strictly one after another. */
    val orderKey: String = "",
    val attempts: Int = 0,
    val nextAt: Long = 0,
    val lastCode: Int = 0,
    val state: QueueState = QueueState.READY,
    /** How far the wall clock has jumped since the item was made, in milliseconds. */
    val jumpMs: Long = 0,
)

/** What to do with an item after an answer. */
sealed interface Verdict {
    data object Delete : Verdict

    /** Dropped and counted. */
    data object Drop : Verdict

    /** Kept for diagnostics; a person may send it again. */
    data object Dead : Verdict

    data class Retry(val item: QueueItem) : Verdict

    /** The whole queue waits for a new access token; only where that is refused, for the person. */
    data object Hold : Verdict
}

/** The rules of the offline queue: order, patience, caps. No input, no output. */
class QueuePolicy(private val random: Random = Random.Default) {
    /** The items that may be sent now, first one first. */
    fun due(items: List<QueueItem>, userId: Long, now: Long, inFlight: Set<Long> = emptySet()): List<QueueItem> {
        val mine = items.filter { it.state == QueueState.READY && it.userId == userId }
        val taken = items.filter { it.id in inFlight && it.orderKey.isNotEmpty() }.mapTo(HashSet()) { it.orderKey }
        val found = ArrayList<QueueItem>()
        for (item in mine.sortedWith(ORDER)) {
            if (item.id in inFlight) continue
            if (item.orderKey.isNotEmpty() && !taken.add(item.orderKey)) continue
            if (item.nextAt <= now) found += item
        }
        return found
    }

    /** [code] is the HTTP status, 0 for no answer, 200 for an `ack`; [retryAfterS] of the answer, where it has one. */
    fun answered(item: QueueItem, code: Int, now: Long, retryAfterS: Int? = null): Verdict {
        val result = item.type.isKept
        return when {
            code in 200..299 -> Verdict.Delete
            code == 401 || code == 403 -> Verdict.Hold
            code == 429 -> again(item, code, now, (retryAfterS?.coerceIn(1, MAX_WAIT_S) ?: MINUTE_S) * 1000L)
            code == 0 || code >= 500 || code in TEMPORARY -> again(item, code, now, waitMs(item.attempts))
            result -> Verdict.Dead
            else -> Verdict.Drop
        }
    }

    /** 403 although the access token is new: this one waits, the others go. */
    fun putOff(item: QueueItem, code: Int, now: Long): Verdict = again(item, code, now, MAX_WAIT_S * 1000L)

    private fun again(item: QueueItem, code: Int, now: Long, waitMs: Long): Verdict {
        val tried = item.copy(attempts = item.attempts + 1, lastCode = code, nextAt = now + waitMs)
        val isDropped = !item.type.isKept && tried.attempts >= MAX_TRIES
        return if (isDropped) Verdict.Drop else Verdict.Retry(tried)
    }

    /** 5, 15, 30, 60 s … ten minutes, each a fifth more or less. */
    fun waitMs(attempts: Int): Long {
        val seconds = STEPS_S.getOrElse(attempts) { MAX_WAIT_S }
        return (seconds * 1000 * (1 + (random.nextDouble() * 2 - 1) * JITTER)).toLong()
    }

    /** The network is back, or the socket is synced: patience starts anew. */
    fun awake(items: List<QueueItem>): List<QueueItem> =
        items.filter { it.state == QueueState.READY && it.type.isKept && it.nextAt > 0 }
            .map { it.copy(nextAt = 0, attempts = 0) }

    /** The items that have to go: over their cap, older than a week, over the common cap of number and bytes. */
    fun surplus(items: List<QueueItem>, now: Long): List<QueueItem> {
        val others = items.filter { !it.type.isKept }
        val gone = LinkedHashSet<QueueItem>()
        others.filterTo(gone) { now - it.createdAt > MAX_AGE_MS }
        for (type in QueueType.entries) {
            val cap = type.cap ?: continue
            val kept = others.filter { it.type == type && it !in gone }.sortedBy { it.id }
            gone += kept.take((kept.size - cap).coerceAtLeast(0))
        }
        val left = (others - gone).sortedWith(compareBy({ -it.type.priority }, { it.id })).toMutableList()
        while (left.size > MAX_ITEMS || left.sumOf { it.bytes } > MAX_BYTES) gone += left.removeAt(0)
        return gone.toList()
    }

    /** What a heartbeat tells of the queue. */
    fun health(items: List<QueueItem>, now: Long, hasNetwork: Boolean): QueueHealth {
        val waiting = items.filter { it.state != QueueState.DEAD }
        val results = waiting.filter { it.type.isKept }
        val oldestMs = results.minOfOrNull { it.createdAt }?.let { (now - it).coerceAtLeast(0) } ?: 0
        val ready = results.filter { it.state == QueueState.READY }
        val stuck = ready.filter { it.attempts >= STUCK_TRIES || (hasNetwork && now - it.createdAt > STUCK_MS) }
        return QueueHealth(
            isStuck = stuck.isNotEmpty(),
            stuckCount = stuck.size,
            oldestStuckAgeS = stuck.minOfOrNull { it.createdAt }?.let { ((now - it) / 1000).coerceAtLeast(0) } ?: 0,
            byType = waiting.groupingBy { it.type.word }.eachCount(),
            tellPerson = oldestMs > TELL_MS || results.size > TELL_COUNT,
        )
    }

    companion object {
        private const val MINUTE_S = 60
        private const val MAX_WAIT_S = 600
        private const val JITTER = 0.2
        private const val MAX_TRIES = 20
        private const val MAX_ITEMS = 1_000
        private const val MAX_BYTES = 5 * 1024 * 1024
        private const val MAX_AGE_MS = 7 * 24 * 3_600_000L
        private const val STUCK_TRIES = 5
        private const val STUCK_MS = 10 * 60_000L
        private const val TELL_MS = 3_600_000L
        private const val TELL_COUNT = 1_000
        private val STEPS_S = listOf(5, 15, 30, 60, 120, 240)
        private val TEMPORARY = setOf(408, 425)
        private val ORDER = compareBy<QueueItem>({ it.type.priority }, { it.createdAt }, { it.id })
    }
}

/** [oldestStuckAgeS] in seconds; [tellPerson] when results have waited for more than an hour, or are very many. */
data class QueueHealth(
    val isStuck: Boolean,
    val stuckCount: Int,
    val oldestStuckAgeS: Long,
    val byType: Map<String, Int>,
    val tellPerson: Boolean,
)
