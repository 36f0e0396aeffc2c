package ru.groupprofi.crmprofi.dialer.calls

import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.phone.PhoneNumberNormalizer

/** One row of the system's call log; [date] is the wall clock at dialling, in milliseconds, [duration] is in seconds. */
data class CallLogRow(
    val id: Long,
    val number: String,
    val type: Int,
    val date: Long,
    val duration: Int,
    val sim: String = "",
)

/** What is known of a call that was placed. [dialedAt] is the wall clock, [maxLogId] the newest row before it. */
data class PlacedCall(val number: String, val dialedAt: Long, val maxLogId: Long, val sim: String = "")

object CallMatch {
    private const val EARLY_MS = 5_000L
    private const val OUTGOING = 2
    private const val REJECTED = 5
    private const val BLOCKED = 6
    private const val ELSEWHERE = 7

    /** The row of this call: outgoing, newer than the dialling, the same number, the nearest in time. */
    fun find(call: PlacedCall, rows: List<CallLogRow>): CallLogRow? = rows
        .filter {
            it.type == OUTGOING &&
                it.id > call.maxLogId &&
                it.date >= call.dialedAt - EARLY_MS &&
                PhoneNumberNormalizer.isSame(it.number, call.number)
        }
        .minWithOrNull(
            compareBy<CallLogRow>({
                call.sim.isNotEmpty() && it.sim != call.sim
            }, { Math.abs(it.date - call.dialedAt) }, { it.id }),
        )

    /** Of an outgoing call the log tells only whether there was a talk: busy and rejected cannot be known. */
    fun outgoingStatus(row: CallLogRow): CallStatus = if (row.duration >
        0
    ) {
        CallStatus.CONNECTED
    } else {
        CallStatus.NO_ANSWER
    }

    /** Of an incoming one; null for types that are no call. */
    fun incomingStatus(row: CallLogRow): CallStatus? = when (CallDirection.fromCallLogType(row.type)) {
        CallDirection.MISSED -> CallStatus.MISSED
        CallDirection.INCOMING -> when (row.type) {
            REJECTED, BLOCKED -> CallStatus.REJECTED
            ELSEWHERE -> CallStatus.CONNECTED
            else -> if (row.duration > 0) CallStatus.CONNECTED else CallStatus.REJECTED
        }
        else -> null
    }
}
