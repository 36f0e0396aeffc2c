package ru.groupprofi.crmprofi.dialer.phone

/** What may be dialled without a finger on the screen. */
enum class DialSafety {
    /** May be dialled by the application. */
    SAFE,

    /** May be dialled when the person has seen it in full and agreed: short, satellite, premium numbers. */
    ASK,

    /** Never: control codes, letters, emergency numbers. */
    NEVER,
}

object SafeNumber {
    private const val LONGEST_SHORT = 6
    private val dialable = Regex("""^\+?[0-9]{5,15}$""")
    private val filler = setOf(' ', '(', ')', '-', '.')
    private val emergency = setOf("01", "02", "03", "04", "101", "102", "103", "104", "112", "911")
    private val asked = listOf("+7803", "+7809", "+881", "+882", "+883", "+979")

    /** [number] without blanks, brackets, hyphens and points; '' when more than that would have to go. */
    fun stripped(number: String): String {
        val bare = number.filterNot { it in filler }
        return if (dialable.matches(bare)) bare else ""
    }

    /** [isEmergency] is the platform's own list, [own] the number of this phone. */
    fun judge(number: String, own: String = "", isEmergency: (String) -> Boolean = { false }): DialSafety {
        val bare = number.filterNot { it in filler }
        if (bare.removePrefix("+") in emergency || isEmergency(bare)) return DialSafety.NEVER
        val safe = stripped(number)
        if (safe.isEmpty()) return DialSafety.NEVER
        val digits = safe.removePrefix("+")
        val full = if (digits.length == 11 && digits[0] == '8') "+7${digits.drop(1)}" else safe
        return when {
            digits.length <= LONGEST_SHORT -> DialSafety.ASK
            asked.any { full.startsWith(it) || "+$digits".startsWith(it) } -> DialSafety.ASK
            own.isNotEmpty() && PhoneNumberNormalizer.isSame(own, safe) -> DialSafety.ASK
            else -> DialSafety.SAFE
        }
    }
}
