package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import ru.groupprofi.crmprofi.dialer.contract.isoUtc
import ru.groupprofi.crmprofi.dialer.crypto.SealFailed
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.code
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.WireJson
import ru.groupprofi.crmprofi.dialer.queue.Outgoing
import ru.groupprofi.crmprofi.dialer.queue.QueueHealth
import ru.groupprofi.crmprofi.dialer.queue.QueueItem
import ru.groupprofi.crmprofi.dialer.queue.QueuePolicy
import ru.groupprofi.crmprofi.dialer.queue.QueueState
import ru.groupprofi.crmprofi.dialer.queue.QueueType
import ru.groupprofi.crmprofi.dialer.queue.Verdict
import ru.groupprofi.crmprofi.dialer.store.SqlQueue

/** Sends what waits: results over the socket while it is there, everything else and otherwise one by one by REST. */
internal class Outbox(
    private val w: Wiring,
    private val queue: SqlQueue,
    private val policy: QueuePolicy,
    private val scope: CoroutineScope,
    private val line: Line,
) {
    /** The way out, as it is now. */
    interface Line {
        val userId: Long
        val isOnline: Boolean
        val hasNetwork: Boolean

        fun send(frame: ClientFrame): Boolean

        fun delivered(reportId: String)

        /** The server does not let us in: a new access token, or the person, has to. */
        fun refused()

        fun changed()
    }

    private class Flight(val item: QueueItem, val until: Long)

    private val flights = LinkedHashMap<Long, Flight>()
    private var rest: Job? = null
    private var renewedAt: Long? = null
    var dropped = 0
        private set

    /** Kept, to be sent with the next [flush]. */
    fun keep(out: Outgoing) = queue.add(out)

    fun add(out: Outgoing) {
        queue.add(out)
        flush()
    }

    /** Send what may be sent now. */
    fun flush() {
        if (line.userId == 0L || !line.hasNetwork) return
        if (line.isOnline) sayReports()
        byRest()
        plan()
        line.changed()
    }

    /** The network is back or the socket is synced: patience starts anew. */
    fun awake() {
        flights.clear()
        policy.awake(queue.items()).forEach(queue::keep)
        flush()
    }

    /** There is a new access token: what was held may go. */
    fun released(userId: Long = line.userId) {
        queue.release(userId)
        w.alarms.forget(HELD)
        flush()
    }

    /** The socket is gone: what was not answered goes again. */
    fun disconnected() = flights.clear()

    fun acked(reportId: String?) {
        val flight = flights.values.firstOrNull { it.item.dedupeKey == reportId } ?: return
        flights.remove(flight.item.id)
        answered(flight.item, OK)
        if (flights.size <= REFILL) flush()
    }

    /** Reports that got no answer in time. */
    fun tick() {
        val now = w.clock.elapsed()
        val late = flights.values.filter { it.until <= now }
        for (flight in late) {
            flights.remove(flight.item.id)
            answered(flight.item, 0)
        }
        flush()
    }

    fun health(): QueueHealth = policy.health(
        queue.items().filter {
            it.userId == line.userId
        },
        w.clock.wall(),
        line.hasNetwork,
    )

    fun items(): List<QueueItem> = queue.items()

    private fun sayReports() {
        for (item in due().filter { it.type == QueueType.CALL_UPDATE }) {
            if (flights.size >= MOST_UNACKED) return
            val (_, body) = bodyOf(item) ?: continue
            if (!line.send(ClientFrame.Report(item.dedupeKey, sentAt(item), body))) return
            flights[item.id] = Flight(item, w.clock.elapsed() + PATIENCE_MS)
            w.alarms.wake(ACKS, PATIENCE_MS)
        }
    }

    private fun byRest() {
        if (rest?.isActive == true) return
        rest = scope.launch {
            while (line.hasNetwork && line.userId != 0L) {
                val batch = due().filter { !line.isOnline || it.type != QueueType.CALL_UPDATE }
                if (batch.isEmpty() || !batch.all { post(it) }) break
            }
            plan()
            line.changed()
        }
    }

    /** False when the rest of the queue has to wait. */
    private suspend fun post(item: QueueItem): Boolean {
        // somebody else may have come in while the one before was on its way
        if (item.userId != line.userId) return false
        val (endpoint, body) = bodyOf(item) ?: return true
        val sent = if (item.type != QueueType.CALL_UPDATE) {
            body
        } else {
            val extra = linkedMapOf<String, JsonElement>(
                "report_id" to JsonPrimitive(item.dedupeKey),
                "sent_at" to JsonPrimitive(sentAt(item)),
                "device_id" to JsonPrimitive(w.deviceId),
            )
            JsonObject(extra + body)
        }
        // an answer that came over the socket meanwhile has made this one unneeded, and harmless
        val answer = w.api.send(endpoint, sent.toString())
        return answered(item, answer.code, (answer as? ApiResult.Error)?.retryAfterS)
    }

    /** False when the rest of the queue has to wait. */
    private fun answered(item: QueueItem, code: Int, retryAfterS: Int? = null): Boolean {
        val verdict = policy.answered(item, code, w.clock.wall(), retryAfterS)
        if (verdict != Verdict.Hold) return carryOut(verdict, item, code)
        val now = w.clock.elapsed()
        val isNew = renewedAt?.let { now - it < RENEWED_MS } ?: false
        if (isNew && code != ApiClient.UNAUTHORIZED) {
            carryOut(policy.putOff(item, code, w.clock.wall()), item, code)
            return true
        }
        hold()
        if (!isNew) {
            renewedAt = now
            line.refused()
        }
        return false
    }

    /** Until there is a new access token, and at the latest in a minute. */
    private fun hold() {
        queue.hold()
        w.alarms.wake(HELD, RENEWED_MS)
    }

    private fun carryOut(verdict: Verdict, item: QueueItem, code: Int): Boolean {
        when (verdict) {
            Verdict.Delete -> {
                queue.delete(item)
                if (item.type == QueueType.CALL_UPDATE) line.delivered(item.dedupeKey)
            }
            Verdict.Drop -> {
                queue.delete(item)
                dropped += 1
            }
            Verdict.Dead -> {
                queue.keep(item.copy(state = QueueState.DEAD, lastCode = code))
                w.ring.add("Результат ${item.dedupeKey} сервер не принял: $code")
            }
            is Verdict.Retry -> queue.keep(verdict.item)
            Verdict.Hold -> Unit
        }
        return code in GOOD || code in REFUSED_ALONE
    }

    /** Endpoint and body; null for one that nobody can read now, or any more: that is kept as dead and counted. */
    private fun bodyOf(item: QueueItem): Pair<String, JsonObject>? {
        val body = try {
            queue.body(item)
        } catch (_: SealFailed) {
            answered(item, 0)
            return null
        }
        val found = body?.let { (endpoint, text) -> WireJson.parse(text)?.let { endpoint to it } }
        if (found == null) {
            queue.keep(item.copy(state = QueueState.DEAD))
            w.telemetry.event("queue", "unreadable ${item.type.word}")
        }
        return found
    }

    /** The moment of sending by the clock that the body was written with. */
    private fun sentAt(item: QueueItem) = isoUtc(w.clock.wall() - item.jumpMs)

    private fun due() =
        policy.due(queue.due(line.userId, BATCH + flights.size), line.userId, w.clock.wall(), flights.keys)

    private fun plan() {
        val soonest = queue.soonest(line.userId) ?: return w.alarms.forget(FLUSH)
        if (flights.isNotEmpty()) return w.alarms.wake(FLUSH, EVERY_MS)
        w.alarms.wake(FLUSH, (soonest - w.clock.wall()).coerceIn(SOON_MS, EVERY_MS))
    }

    companion object {
        const val FLUSH = "flush"
        const val ACKS = "acks"
        const val HELD = "held"
        private const val OK = 200
        private val GOOD = 200..299

        // refused for itself: the others may still be good
        private val REFUSED_ALONE = setOf(400, 404, 405, 409, 410, 413, 415, 422)
        private const val BATCH = 64
        private const val REFILL = 8
        private const val MOST_UNACKED = 16
        private const val PATIENCE_MS = 15_000L
        private const val EVERY_MS = 30_000L
        private const val SOON_MS = 1_000L

        /** For so long a refusal is not answered with another renewal. */
        private const val RENEWED_MS = 60_000L
    }
}
