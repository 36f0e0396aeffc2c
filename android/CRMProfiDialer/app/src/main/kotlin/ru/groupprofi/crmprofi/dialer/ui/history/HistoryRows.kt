package ru.groupprofi.crmprofi.dialer.ui.history

import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.stats.CallStats
import ru.groupprofi.crmprofi.dialer.stats.CallStatsUseCase
import java.util.Calendar
import java.util.TimeZone

/** A line of the history. */
sealed interface HistoryRow {
    data class Today(val stats: CallStats) : HistoryRow

    /** [start] is the day's first millisecond. */
    data class Day(val start: Long) : HistoryRow

    data class Call(val item: CallHistoryItem) : HistoryRow
}

object HistoryRows {
    /** Today's figures, then the calls by day, newest first; nothing at all of no calls. */
    fun of(items: List<CallHistoryItem>, now: Long, zone: TimeZone = TimeZone.getDefault()): List<HistoryRow> {
        if (items.isEmpty()) return emptyList()
        val today = dayOf(now, zone)
        val rows = ArrayList<HistoryRow>()
        rows += HistoryRow.Today(CallStatsUseCase.calculate(items, today, nextDay(today, zone)))
        var day: Long? = null
        for (item in items.sortedByDescending { it.startedAt }) {
            val start = dayOf(item.startedAt, zone)
            if (start != day) rows += HistoryRow.Day(start)
            day = start
            rows += HistoryRow.Call(item)
        }
        return rows
    }

    fun dayOf(at: Long, zone: TimeZone = TimeZone.getDefault()): Long = Calendar.getInstance(zone).run {
        timeInMillis = at
        for (part in listOf(Calendar.HOUR_OF_DAY, Calendar.MINUTE, Calendar.SECOND, Calendar.MILLISECOND)) set(part, 0)
        timeInMillis
    }

    /** Not every day has 24 hours. */
    fun nextDay(start: Long, zone: TimeZone = TimeZone.getDefault()): Long = Calendar.getInstance(zone).run {
        timeInMillis = start
        add(Calendar.DAY_OF_MONTH, 1)
        timeInMillis
    }

    fun dayBefore(start: Long, zone: TimeZone = TimeZone.getDefault()): Long = Calendar.getInstance(zone).run {
        timeInMillis = start
        add(Calendar.DAY_OF_MONTH, -1)
        timeInMillis
    }
}
