package ru.groupprofi.crmprofi.dialer.history

import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.store.Db
import ru.groupprofi.crmprofi.dialer.store.DbRow

/** The calls that the person made and took, newest first; a correction changes its row. */
class CallHistory(private val db: Db, private val kept: Int = KEPT) {
    /** [id] is the call's; [reportId] names the result that tells the server of it. */
    fun record(reportId: String, id: String, phone: String, result: CallEventPayload) {
        db.run(
            "INSERT OR IGNORE INTO history (id, phone, status, started_at, sent_to_crm, report_id, is_command) " +
                "VALUES (?, ?, 'UNKNOWN', 0, 0, '', ?)",
            id,
            phone,
            if (result.callRequestId == id) 1L else 0L,
        )
        db.run(
            "UPDATE history SET status = ?, duration_s = ?, started_at = ?, ended_at = ?, sent_to_crm = 0, " +
                "direction = ?, resolve_method = ?, attempts = ?, action_source = ?, report_id = ? WHERE id = ?",
            (result.callStatus ?: CallStatus.UNKNOWN).name, result.callDurationSeconds?.toLong(),
            result.callStartedAtMillis ?: 0L, result.callEndedAtMillis, result.direction?.name,
            result.resolveMethod?.name, result.attemptsCount?.toLong(), result.actionSource?.name, reportId, id,
        )
        db.run(
            "DELETE FROM history WHERE id NOT IN (SELECT id FROM history ORDER BY started_at DESC LIMIT ?)",
            kept.toLong(),
        )
    }

    /** The server has it. */
    fun sent(reportId: String) = db.run("UPDATE history SET sent_to_crm = 1 WHERE report_id = ?", reportId)

    /** The result that told the server of call [id] last; '' when there is none. */
    fun reportId(id: String): String =
        db.read("SELECT report_id FROM history WHERE id = ?", id) { it.text(0) }.firstOrNull().orEmpty()

    /** What the person said of it. */
    fun remark(id: String, outcome: String, note: String) =
        db.run("UPDATE history SET outcome = ?, note = ? WHERE id = ?", outcome, note, id)

    /** Who it was, as the server said. */
    fun name(id: String, title: String) = db.run("UPDATE history SET title = ? WHERE id = ?", title, id)

    fun recent(limit: Int = kept): List<CallHistoryItem> =
        db.read("SELECT $COLUMNS FROM history ORDER BY started_at DESC, id LIMIT ?", limit.toLong(), row = ::row)

    fun find(id: String): CallHistoryItem? =
        db.read("SELECT $COLUMNS FROM history WHERE id = ?", id, row = ::row).firstOrNull()

    private fun row(r: DbRow) = CallHistoryItem(
        id = r.text(0).orEmpty(),
        phone = r.text(1).orEmpty(),
        title = r.text(2).orEmpty(),
        status = CallStatus.entries.firstOrNull { it.name == r.text(3) } ?: CallStatus.UNKNOWN,
        durationSeconds = r.number(4)?.toInt(),
        startedAt = r.number(5) ?: 0,
        endedAt = r.number(6),
        sentToCrm = r.number(7) == 1L,
        direction = r.text(8)?.let { name -> CallDirection.entries.firstOrNull { it.name == name } },
        resolveMethod = r.text(9)?.let { name -> ResolveMethod.entries.firstOrNull { it.name == name } },
        attemptsCount = r.number(10)?.toInt(),
        actionSource = r.text(11)?.let { name -> ActionSource.entries.firstOrNull { it.name == name } },
        isCommand = r.number(12) == 1L,
        outcome = r.text(13).orEmpty(),
        note = r.text(14).orEmpty(),
    )

    private companion object {
        const val KEPT = 500
        const val COLUMNS = "id, phone, title, status, duration_s, started_at, ended_at, sent_to_crm, direction, " +
            "resolve_method, attempts, action_source, is_command, outcome, note"
    }
}
