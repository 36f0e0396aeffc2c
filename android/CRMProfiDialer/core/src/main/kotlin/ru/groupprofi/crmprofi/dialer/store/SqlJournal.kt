package ru.groupprofi.crmprofi.dialer.store

import ru.groupprofi.crmprofi.dialer.commands.CallStage
import ru.groupprofi.crmprofi.dialer.commands.Journal
import ru.groupprofi.crmprofi.dialer.commands.JournalRow
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.history.CallHistory
import ru.groupprofi.crmprofi.dialer.queue.Outgoing

/** The journal in the database; a result goes into the queue and the history in the transaction of its row. */
class SqlJournal(
    private val db: Db,
    private val queue: SqlQueue,
    private val history: CallHistory,
    private val wall: () -> Long,
) : Journal {
    override fun find(callId: String): JournalRow? =
        db.read("SELECT $COLUMNS FROM journal WHERE call_id = ?", callId, row = ::row).firstOrNull()

    override fun open(): List<JournalRow> = db.read(
        "SELECT $COLUMNS FROM journal WHERE stage NOT IN ('DONE', 'STALE') OR is_unknown = 1 ORDER BY claimed_at, rowid",
        row = ::row,
    )

    override fun write(row: JournalRow): Boolean = try {
        put(row)
        true
    } catch (_: DbFailed) {
        false
    }

    override fun conclude(row: JournalRow, result: CallEventPayload): Boolean = try {
        db.transaction {
            put(row)
            val orderKey = row.requestId.ifEmpty { row.callId }
            queue.add(Outgoing.result(row.userId, row.reportId, result, orderKey))
            history.record(row.reportId, row.callId, row.number, result)
        }
        true
    } catch (_: DbFailed) {
        false
    }

    /** Ids of rows of the call log that belong to commands: they are reported already. */
    override fun takenLogIds(after: Long): Set<Long> = db.read(
        "SELECT log_id FROM journal WHERE log_id > ?",
        after,
    ) { it.number(0) }.filterNotNull().toSet()

    /** Rows are kept for a week, so that an id that comes again is known. */
    fun prune() = db.run(
        "DELETE FROM journal WHERE stage IN ('DONE', 'STALE') AND is_unknown = 0 AND written_wall < ?",
        wall() - KEPT_MS,
    )

    private fun put(row: JournalRow) = db.run(
        "INSERT OR REPLACE INTO journal ($COLUMNS, written_wall) VALUES (${"?, ".repeat(COUNT)}?)",
        row.callId, row.userId, row.number, row.boot, row.stage.name, row.source.name, row.claimedAt, row.withinMs,
        row.lease, row.maxLogId, row.dialedAt, row.dialedWall, row.endedAt, row.looks.toLong(), row.reportId,
        if (row.isUnknown) 1L else 0L, row.requestId, row.logId, wall(),
    )

    private fun row(r: DbRow) = JournalRow(
        callId = r.text(0).orEmpty(),
        userId = r.number(1) ?: 0,
        number = r.text(2).orEmpty(),
        boot = r.text(3).orEmpty(),
        stage = CallStage.entries.firstOrNull { it.name == r.text(4) } ?: CallStage.STALE,
        source = ActionSource.entries.firstOrNull { it.name == r.text(5) } ?: ActionSource.UNKNOWN,
        claimedAt = r.number(6) ?: 0,
        withinMs = r.number(7) ?: 0,
        lease = r.text(8).orEmpty(),
        maxLogId = r.number(9),
        dialedAt = r.number(10) ?: 0,
        dialedWall = r.number(11) ?: 0,
        endedAt = r.number(12) ?: 0,
        looks = (r.number(13) ?: 0).toInt(),
        reportId = r.text(14).orEmpty(),
        isUnknown = r.number(15) == 1L,
        requestId = r.text(16).orEmpty(),
        logId = r.number(17),
    )

    private companion object {
        const val KEPT_MS = 7 * 24 * 3_600_000L
        const val COUNT = 18
        const val COLUMNS =
            "call_id, user_id, number, boot, stage, source, claimed_at, within_ms, lease, max_log_id, " +
                "dialed_at, dialed_wall, ended_at, looks, report_id, is_unknown, request_id, log_id"
    }
}
