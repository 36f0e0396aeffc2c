package ru.groupprofi.crmprofi.dialer.ui

import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.phone.PhoneNumberNormalizer

/** Numbers as people write them: +7 922 000-12-46. What is not Russian stays as it came. */
object PhoneWords {
    private val russian = Regex("""^\+7(\d{3})(\d{3})(\d{2})(\d{2})$""")

    fun of(number: String): String {
        val known = PhoneNumberNormalizer.normalize(number)
        if (known.e164.isEmpty()) return number
        val written = russian.replace(known.e164, "+7 $1 $2-$3-$4")
        return if (known.extension.isEmpty()) written else "$written, доб. ${known.extension}"
    }
}

object DurationWords {
    private const val MINUTE = 60
    private const val HOUR = 3_600

    fun of(seconds: Int): Phrase {
        val hours = seconds / HOUR
        val minutes = seconds % HOUR / MINUTE
        val rest = seconds % MINUTE
        return when {
            hours > 0 && minutes > 0 -> Phrase(R.string.duration_hm, listOf(hours, minutes))
            hours > 0 -> Phrase(R.string.duration_h, listOf(hours))
            minutes > 0 && rest > 0 -> Phrase(R.string.duration_ms, listOf(minutes, rest))
            minutes > 0 -> Phrase(R.string.duration_m, listOf(minutes))
            else -> Phrase(R.string.duration_s, listOf(rest))
        }
    }
}

object RedialWords {
    fun of(redial: Redial): Int = when (redial) {
        Redial.PLACED -> R.string.redial_placed
        Redial.BUSY -> R.string.redial_busy
        Redial.UNSAFE -> R.string.redial_unsafe
        Redial.NO_PERMISSION -> R.string.redial_no_permission
        Redial.FAILED -> R.string.redial_failed
        Redial.NOT_NOW -> R.string.redial_not_now
        Redial.UNKNOWN -> R.string.redial_unknown
    }
}
