package ru.groupprofi.crmprofi.dialer.store

import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.crypto.SealFailed
import ru.groupprofi.crmprofi.dialer.queue.Outgoing
import ru.groupprofi.crmprofi.dialer.queue.QueueItem
import ru.groupprofi.crmprofi.dialer.queue.QueuePolicy
import ru.groupprofi.crmprofi.dialer.queue.QueueState
import ru.groupprofi.crmprofi.dialer.queue.QueueType

/** The offline queue in the database; bodies are sealed with a key that the file does not hold. */
class SqlQueue(
    private val db: Db,
    private val codec: AesGcmCodec,
    private val policy: QueuePolicy,
    private val stamp: () -> Stamp,
) {
    /** The wall clock (ms since 1970), the boot, and the clock of that boot (ms). */
    data class Stamp(val wall: Long, val boot: String, val elapsed: Long)

    /** A result whose name is there already is the same result; a heartbeat replaces the one before. */
    fun add(out: Outgoing) {
        val now = stamp()
        val sealed = try {
            codec.seal(out.body, context(out.dedupeKey))
        } catch (error: SealFailed) {
            throw DbFailed("not sealed", error)
        }
        val verb = if (out.type.isKept) "INSERT OR IGNORE" else "INSERT OR REPLACE"
        db.run(
            "$verb INTO queue (user_id, type, endpoint, payload, dedupe_key, order_key, created_at, boot, elapsed, " +
                "bytes, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'READY')",
            out.userId, out.type.word, out.endpoint, sealed, out.dedupeKey, out.orderKey, now.wall, now.boot,
            now.elapsed, sealed.size.toLong(),
        )
        if (!out.type.isKept) policy.surplus(items(), now.wall).forEach(::delete)
    }

    /** Everything that is kept, moments corrected where the wall clock has jumped since within one boot. */
    fun items(): List<QueueItem> {
        val now = stamp()
        return db.read("SELECT $COLUMNS FROM queue ORDER BY id") { row(it, now) }
    }

    /** The first [limit] items that may be sent now, of each call only its oldest. */
    fun due(userId: Long, limit: Int): List<QueueItem> {
        val now = stamp()
        return db.read(
            "SELECT $COLUMNS FROM queue AS q WHERE state = 'READY' AND user_id = ? " +
                "AND (next_at <= ? OR next_at > ?) AND $IS_FIRST ORDER BY CASE type WHEN 'call_update' THEN 0 " +
                "WHEN 'call_note' THEN 0 WHEN 'heartbeat' THEN 1 WHEN 'log_bundle' THEN 2 ELSE 3 END, created_at, id LIMIT ?",
            userId,
            now.wall,
            now.wall + LONGEST_WAIT_MS,
            limit.toLong(),
        ) { row(it, now) }
    }

    /** When the next item of the person may go, on the wall clock; null when nothing waits. */
    fun soonest(userId: Long): Long? = db.read(
        "SELECT MIN(next_at) FROM queue AS q WHERE state = 'READY' AND user_id = ? AND $IS_FIRST",
        userId,
    ) { it.number(0) }.firstOrNull()

    /** The call that the item named [dedupeKey] is about; null when it is not there any more. */
    fun orderKey(dedupeKey: String): String? =
        db.read("SELECT order_key FROM queue WHERE dedupe_key = ?", dedupeKey) { it.text(0) }.firstOrNull()

    /** How many results are kept, by person and state. */
    fun results(): List<Triple<Long, QueueState, Int>> = db.read(
        "SELECT user_id, state, COUNT(*) FROM queue WHERE type IN ('call_update', 'call_note') GROUP BY user_id, state",
    ) { r ->
        val state = QueueState.entries.firstOrNull { it.name == r.text(1) } ?: QueueState.DEAD
        Triple(r.number(0) ?: 0, state, (r.number(2) ?: 0).toInt())
    }

    /**
     * What has to be sent, or null when it cannot be read any more: another key, damaged. Throws [SealFailed] when the
     * key store cannot open it now.
     */
    fun body(item: QueueItem): Pair<String, String>? =
        db.read("SELECT endpoint, payload FROM queue WHERE id = ?", item.id) { it.text(0).orEmpty() to it.bytes(1) }
            .firstOrNull()
            ?.let { (endpoint, sealed) ->
                sealed?.let { codec.open(it, context(item.dedupeKey)) }?.let { endpoint to it }
            }

    fun keep(item: QueueItem) = db.run(
        "UPDATE queue SET attempts = ?, next_at = ?, last_code = ?, state = ? WHERE id = ?",
        item.attempts.toLong(),
        item.nextAt,
        item.lastCode.toLong(),
        item.state.name,
        item.id,
    )

    fun delete(item: QueueItem) = db.run("DELETE FROM queue WHERE id = ?", item.id)

    /** The person is logged in, or has a new access token: what was held may go. */
    fun release(userId: Long) = db.run("UPDATE queue SET state = 'READY' WHERE state = 'HELD' AND user_id = ?", userId)

    fun hold() = db.run("UPDATE queue SET state = 'HELD' WHERE state = 'READY'")

    /** «Отправить ещё раз». */
    fun revive(userId: Long) = db.run(
        "UPDATE queue SET state = 'READY', next_at = 0, attempts = 0 WHERE state = 'DEAD' AND user_id = ?",
        userId,
    )

    /** Dead ones are kept for ninety days. */
    fun prune() = db.run("DELETE FROM queue WHERE state = 'DEAD' AND created_at < ?", stamp().wall - DEAD_KEPT_MS)

    private fun row(r: DbRow, now: Stamp): QueueItem {
        val wall = r.number(5) ?: 0
        val elapsed = r.number(7) ?: 0
        val made = if (r.text(6) == now.boot) now.wall - (now.elapsed - elapsed) else wall
        val nextAt = r.number(9) ?: 0
        return QueueItem(
            id = r.number(0) ?: 0,
            userId = r.number(1) ?: 0,
            type = QueueType.entries.firstOrNull { it.word == r.text(2) } ?: QueueType.TELEMETRY,
            dedupeKey = r.text(3).orEmpty(),
            orderKey = r.text(4).orEmpty(),
            createdAt = made,
            jumpMs = made - wall,
            attempts = (r.number(8) ?: 0).toInt(),
            // a wait longer than the longest is a clock that was set back
            nextAt = if (nextAt - now.wall > LONGEST_WAIT_MS) 0 else nextAt,
            lastCode = (r.number(10) ?: 0).toInt(),
            bytes = (r.number(11) ?: 0).toInt(),
            state = QueueState.entries.firstOrNull { it.name == r.text(12) } ?: QueueState.DEAD,
        )
    }

    private fun context(dedupeKey: String) = "queue:$dedupeKey"

    private companion object {
        const val IS_FIRST = "(order_key = '' OR NOT EXISTS (SELECT 1 FROM queue AS e WHERE " +
            "e.order_key = q.order_key AND e.id < q.id AND e.state = 'READY' AND e.user_id = q.user_id))"
        const val LONGEST_WAIT_MS = 720_000L
        const val DEAD_KEPT_MS = 90 * 24 * 3_600_000L
        const val COLUMNS = "id, user_id, type, dedupe_key, order_key, created_at, boot, elapsed, attempts, next_at, " +
            "last_code, bytes, state"
    }
}
