package ru.groupprofi.crmprofi.dialer.ui

import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

/** How good the state is: the colour of the dot, and the word beside it. */
enum class Tone(val word: Int, val color: Int) {
    GOOD(R.string.tone_good, R.color.good),
    WAIT(R.string.tone_wait, R.color.wait),
    BAD(R.string.tone_bad, R.color.bad),
    OFF(R.string.tone_off, R.color.off),
}

/** One line that says it all, and what else the person has to know, the worst first. */
data class StatusText(val line: Phrase, val tone: Tone, val details: List<Phrase>)

object StatusWords {
    /** [missing] is how many settings of the phone stand in the way. */
    fun of(status: DialerStatus, missing: Int = 0): StatusText {
        val line = lineOf(status.told)
        return StatusText(Phrase(line), toneOf(status, missing), details(status, missing))
    }

    fun lineOf(told: Told): Int = when (told) {
        Told.SHIFT_OFF -> R.string.status_shift_off
        Told.CONNECTING -> R.string.status_connecting
        Told.ONLINE -> R.string.status_online
        Told.NO_NETWORK -> R.string.status_no_network
        Told.POLLING -> R.string.status_polling
        Told.REPLACED -> R.string.status_replaced
        Told.UPDATE_APP -> R.string.status_update_app
        Told.LOG_IN -> R.string.status_log_in
        Told.SAFE_MODE -> R.string.status_safe_mode
    }

    private fun toneOf(status: DialerStatus, missing: Int): Tone {
        val tone = when (status.told) {
            Told.SHIFT_OFF -> Tone.OFF
            Told.ONLINE -> Tone.GOOD
            Told.CONNECTING, Told.POLLING -> Tone.WAIT
            Told.NO_NETWORK, Told.REPLACED, Told.UPDATE_APP, Told.LOG_IN, Told.SAFE_MODE -> Tone.BAD
        }
        return when {
            status.isDiskFull || status.isStuck || status.dead > 0 -> Tone.BAD
            tone == Tone.GOOD && (missing > 0 || status.wasReset) -> Tone.WAIT
            else -> tone
        }
    }

    private fun details(status: DialerStatus, missing: Int): List<Phrase> = listOfNotNull(
        Phrase(R.string.status_disk_full).takeIf { status.isDiskFull },
        Phrase(R.string.status_safe_why).takeIf { status.told == Told.SAFE_MODE },
        Phrase(R.string.status_locked).takeIf { status.isLocked },
        Phrase(R.string.status_damaged).takeIf { status.wasDamaged },
        Phrase(R.string.status_reset).takeIf { status.wasReset },
        waiting(status),
        Phrase.counted(R.plurals.status_dead, status.dead).takeIf { status.dead > 0 },
        others(status),
        Phrase.counted(R.plurals.status_missing, missing).takeIf { missing > 0 },
    )

    private fun waiting(status: DialerStatus): Phrase? = when {
        status.waiting == 0 -> null
        status.isStuck -> Phrase.counted(R.plurals.status_stuck, status.waiting)
        else -> Phrase.counted(R.plurals.status_waiting, status.waiting)
    }

    private fun others(status: DialerStatus): Phrase? = when {
        status.othersWaiting == 0 -> null
        status.othersName.isEmpty() -> Phrase.counted(R.plurals.status_others_unnamed, status.othersWaiting)
        else -> Phrase.counted(R.plurals.status_others, status.othersWaiting, status.othersName)
    }
}
