package ru.groupprofi.crmprofi.dialer.ui.history

import android.content.res.Resources
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.stats.CallStats
import ru.groupprofi.crmprofi.dialer.ui.DurationWords
import ru.groupprofi.crmprofi.dialer.ui.Outcome
import ru.groupprofi.crmprofi.dialer.ui.PhoneWords
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import kotlin.math.roundToInt

/** The texts of the history. */
class HistoryWords(private val resources: Resources, private val now: () -> Long = System::currentTimeMillis) {
    private val russian = Locale("ru", "RU")
    private val time = SimpleDateFormat("HH:mm", russian)
    private val date = SimpleDateFormat("d MMMM", russian)
    private val dateOfYear = SimpleDateFormat("d MMMM yyyy", russian)

    fun name(item: CallHistoryItem): String = item.title.ifEmpty { number(item) }

    fun number(item: CallHistoryItem): String =
        if (item.phone.isEmpty()) resources.getString(R.string.history_no_number) else PhoneWords.of(item.phone)

    /** «14:05, исходящий, поговорили, 1 мин 4 с» */
    fun what(item: CallHistoryItem): String = listOfNotNull(
        time.format(Date(item.startedAt)),
        resources.getString(directionOf(item.direction)),
        resources.getString(statusOf(item.status)).lowercase(russian),
        item.durationSeconds?.takeIf { it > 0 }?.let { DurationWords.of(it).read(resources) },
    ).joinToString(", ")

    fun day(start: Long): String {
        val today = HistoryRows.dayOf(now())
        return when {
            start == today -> resources.getString(R.string.history_today)
            start == HistoryRows.dayBefore(today) -> resources.getString(R.string.history_yesterday)
            date(start, YEAR) == date(today, YEAR) -> date.format(Date(start))
            else -> dateOfYear.format(Date(start))
        }
    }

    fun stats(stats: CallStats): String {
        if (stats.total == 0) return resources.getString(R.string.history_stats_none)
        val percent = (stats.connectRate * HUNDRED).roundToInt()
        val talk = DurationWords.of(stats.talkSeconds).read(resources)
        return Phrase.counted(R.plurals.history_stats, stats.total, stats.connected, percent, talk).read(resources)
    }

    fun details(item: CallHistoryItem): String = listOfNotNull(
        number(item).takeIf { item.title.isNotEmpty() },
        "${day(HistoryRows.dayOf(item.startedAt))}, ${what(item)}",
        resources.getString(if (item.sentToCrm) R.string.details_sent else R.string.details_unsent),
        item.outcome.takeIf { it.isNotEmpty() }?.let { resources.getString(R.string.details_outcome, outcome(it)) },
        item.note.takeIf { it.isNotEmpty() }?.let { resources.getString(R.string.details_note, it) },
        item.actionSource?.let { resources.getString(R.string.details_source, resources.getString(sourceOf(it))) },
        item.resolveMethod?.let { resources.getString(R.string.details_method, resources.getString(methodOf(it))) },
        item.attemptsCount?.let { resources.getString(R.string.details_attempts, it) },
    ).joinToString("\n")

    private fun outcome(word: String): String =
        Outcome.entries.firstOrNull { it.word == word }?.let { resources.getString(it.title) } ?: word

    private fun date(at: Long, pattern: String) = SimpleDateFormat(pattern, russian).format(Date(at))

    companion object {
        private const val HUNDRED = 100
        private const val YEAR = "yyyy"

        fun statusOf(status: CallStatus): Int = when (status) {
            CallStatus.CONNECTED -> R.string.call_connected
            CallStatus.NO_ANSWER -> R.string.call_no_answer
            CallStatus.BUSY -> R.string.call_busy
            CallStatus.REJECTED -> R.string.call_rejected
            CallStatus.MISSED -> R.string.call_missed
            CallStatus.UNKNOWN -> R.string.call_unknown
        }

        fun iconOf(status: CallStatus): Int = when (status) {
            CallStatus.CONNECTED -> R.drawable.ic_done
            CallStatus.NO_ANSWER, CallStatus.REJECTED -> R.drawable.ic_cross
            CallStatus.BUSY -> R.drawable.ic_busy
            CallStatus.MISSED -> R.drawable.ic_missed
            CallStatus.UNKNOWN -> R.drawable.ic_unknown
        }

        fun colorOf(status: CallStatus): Int = when (status) {
            CallStatus.CONNECTED -> R.color.good
            CallStatus.MISSED -> R.color.bad
            CallStatus.NO_ANSWER, CallStatus.REJECTED, CallStatus.BUSY -> R.color.wait
            CallStatus.UNKNOWN -> R.color.off
        }

        fun directionOf(direction: CallDirection?): Int = when (direction) {
            CallDirection.OUTGOING -> R.string.direction_outgoing
            CallDirection.INCOMING -> R.string.direction_incoming
            CallDirection.MISSED -> R.string.direction_missed
            CallDirection.UNKNOWN, null -> R.string.direction_unknown
        }

        private fun methodOf(method: ResolveMethod): Int = when (method) {
            ResolveMethod.OBSERVER -> R.string.method_observer
            ResolveMethod.RETRY -> R.string.method_retry
            ResolveMethod.UNKNOWN -> R.string.method_unknown
        }

        private fun sourceOf(source: ActionSource): Int = when (source) {
            ActionSource.CRM_UI -> R.string.source_crm_ui
            ActionSource.NOTIFICATION -> R.string.source_notification
            ActionSource.HISTORY -> R.string.source_history
            ActionSource.UNKNOWN -> R.string.source_unknown
        }
    }
}
