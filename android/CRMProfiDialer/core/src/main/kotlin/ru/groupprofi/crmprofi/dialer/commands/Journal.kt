package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload

/** How far a command has come; written before the step is taken (docs/protocol, «Журнал телефона»). */
enum class CallStage {
    /** W1: a claim is about to be sent. */
    CLAIMING,

    /** W2: the right to dial is there. Never dialled after a restart. */
    GRANTED,

    /** W3: about to be dialled; from here on nobody may dial it again. */
    DIALING,

    /** W4: the line is busy with it. */
    PLACED,

    /** W5: it has ended, its result is looked for. */
    RESOLVING,

    /** W6: its result stands in the queue. */
    RESOLVED,

    /** W7: the server has the result. */
    DONE,

    /** Not dialled, and never will be. */
    STALE,
    ;

    val isOver: Boolean get() = this == RESOLVED || this == DONE || this == STALE
}

/**
 * One command. Moments are milliseconds of the clock that runs on while the phone sleeps, valid within one [boot];
 * [dialedWall] is the wall clock. [maxLogId] is the newest row of the call log before dialling, null when unreadable.
 */
data class JournalRow(
    val callId: String,
    val userId: Long,
    val number: String,
    val boot: String,
    val stage: CallStage,
    val source: ActionSource = ActionSource.CRM_UI,
    val claimedAt: Long = 0,
    val withinMs: Long = 0,
    val lease: String = "",
    val maxLogId: Long? = null,
    val dialedAt: Long = 0,
    val dialedWall: Long = 0,
    val endedAt: Long = 0,
    val looks: Int = 0,
    val reportId: String = "",
    /** The result that was sent is «unknown»: a row of the call log may still correct it. */
    val isUnknown: Boolean = false,
    /** The call of the server that this one repeats; empty for a command, whose id is [callId]. */
    val requestId: String = "",
    /** The row of the call log that told the result. */
    val logId: Long? = null,
) {
    /** Begun on the phone: the server knows neither its id nor a lease of it. */
    val isOwn: Boolean get() = source == ActionSource.HISTORY
}

/** Durable rows: what was written is there after the process has died. */
interface Journal {
    fun find(callId: String): JournalRow?

    /** Rows that are not over, and those whose «unknown» may still be corrected. */
    fun open(): List<JournalRow>

    /** False when the disk cannot be written: then nothing is dialled. */
    fun write(row: JournalRow): Boolean

    /** One transaction: the row, and its result in the queue under the row's `reportId`. */
    fun conclude(row: JournalRow, result: CallEventPayload): Boolean

    /** Rows of the call log newer than [after] whose results were found for commands. */
    fun takenLogIds(after: Long): Set<Long>
}
