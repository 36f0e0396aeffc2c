package ru.groupprofi.crmprofi.dialer.stats

import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod

/** One call as the history shows it. Moments are milliseconds since 1970. */
data class CallHistoryItem(
    val id: String,
    val phone: String,
    val status: CallStatus,
    val durationSeconds: Int? = null,
    val startedAt: Long = 0,
    val sentToCrm: Boolean = false,
    val direction: CallDirection? = null,
    val resolveMethod: ResolveMethod? = null,
    val attemptsCount: Int? = null,
    val actionSource: ActionSource? = null,
    val endedAt: Long? = null,
    /** The company, where the server named it. */
    val title: String = "",
    /** True for a call that the server knows by this very id. */
    val isCommand: Boolean = false,
    /** What the person said of it. */
    val outcome: String = "",
    val note: String = "",
)

/** The figures of a period; [connectRate] is a share between 0 and 1, the durations are seconds. */
data class CallStats(
    val total: Int,
    val byStatus: Map<CallStatus, Int>,
    val connectRate: Double,
    val talkSeconds: Int,
    val averageTalkSeconds: Int,
) {
    val connected: Int get() = byStatus[CallStatus.CONNECTED] ?: 0
    val unknown: Int get() = byStatus[CallStatus.UNKNOWN] ?: 0
}

/** Counts as the server does: every call with a result is one, a talk is a connected call whose duration is known. */
object CallStatsUseCase {
    /** Calls that began in [from] (inclusive) … [until] (exclusive). */
    fun calculate(items: List<CallHistoryItem>, from: Long = Long.MIN_VALUE, until: Long = Long.MAX_VALUE): CallStats {
        val counted = items.filter { it.startedAt in from until until }
        val byStatus = counted.groupingBy { it.status }.eachCount()
        val talks = counted.filter { it.status == CallStatus.CONNECTED }.mapNotNull { it.durationSeconds }
        val connected = byStatus[CallStatus.CONNECTED] ?: 0
        return CallStats(
            total = counted.size,
            byStatus = byStatus,
            connectRate = if (counted.isEmpty()) 0.0 else connected.toDouble() / counted.size,
            talkSeconds = talks.sum(),
            averageTalkSeconds = if (talks.isEmpty()) 0 else (talks.average() + HALF).toInt(),
        )
    }

    private const val HALF = 0.5

    private infix fun Long.until(end: Long): LongRange = if (end == Long.MIN_VALUE) LongRange.EMPTY else this..(end - 1)
}
