package ru.groupprofi.crmprofi.dialer.runtime

import ru.groupprofi.crmprofi.dialer.commands.DeskClock
import java.util.TreeSet

/** Many moments of the desk in one alarm: the next one first. */
internal class DeskAlarm(private val alarms: Alarms, private val clock: DeskClock) {
    private val due = TreeSet<Long>()

    fun wake(inMs: Long) {
        due += clock.elapsed() + inMs
        arm()
    }

    /** False when it came too early: it is set again. */
    fun rang(): Boolean {
        val now = clock.elapsed()
        val isDue = due.isEmpty() || due.first() <= now
        due.headSet(now, true).clear()
        arm()
        return isDue
    }

    private fun arm() {
        if (due.isEmpty()) alarms.forget(NAME) else alarms.wake(NAME, (due.first() - clock.elapsed()).coerceAtLeast(0))
    }

    companion object {
        const val NAME = "desk"
    }
}
