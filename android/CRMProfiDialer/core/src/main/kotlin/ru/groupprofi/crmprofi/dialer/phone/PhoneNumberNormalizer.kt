package ru.groupprofi.crmprofi.dialer.phone

/** A number as it was typed or came, as E.164 ('' where that cannot be told), and its extension. */
data class PhoneNumber(val raw: String, val e164: String, val extension: String)

/**
 * Russian numbers as the server understands them: 8 and 7 become +7, ten digits are national, an extension is kept
 * apart, other countries need «+» or «8 10».
 */
object PhoneNumberNormalizer {
    private const val MAX_RAW = 64
    private const val NATIONAL = 10
    private const val MAX_INTERNATIONAL = 15
    private const val MIN_INTERNATIONAL = 8
    private const val SIGNIFICANT = 10
    private const val MIN_WHOLE = 5
    private val extension =
        Regex("""[\s,;.]*(?:доб(?:авочный)?|вн|внутр|ext|x|#)\.?\s*:?\s*(\d{1,8})\s*$""", RegexOption.IGNORE_CASE)
    private val severalAt = Regex("""[;\n/]|,(?!\s*(?:доб|вн|ext))""")

    fun normalize(text: String): PhoneNumber {
        val raw = text.filterNot { it.isISOControl() || it.category == CharCategory.FORMAT }.trim().take(MAX_RAW)
        val found = extension.find(raw)?.takeIf { digits(raw.substring(0, it.range.first)).isNotEmpty() }
        val body = if (found == null) raw else raw.substring(0, found.range.first)
        return PhoneNumber(raw, e164(body), found?.groupValues?.get(1).orEmpty())
    }

    /** The decimal digits of [text], written with ASCII. */
    fun digits(text: String): String = text.filter(Char::isDigit).map { Character.digit(it, 10) }.joinToString("")

    /** True when two spellings are of one number: the last ten digits agree, of shorter ones all. */
    fun isSame(one: String, other: String): Boolean {
        val a = digits(one)
        val b = digits(other)
        if (a.length < MIN_WHOLE || b.length < MIN_WHOLE) return a.isNotEmpty() && a == b
        if (a.length < SIGNIFICANT || b.length < SIGNIFICANT) return a == b
        return a.takeLast(SIGNIFICANT) == b.takeLast(SIGNIFICANT)
    }

    private fun e164(body: String): String {
        val holdsSeveral = severalAt.split(body).count { digits(it).length >= MIN_WHOLE } > 1
        if (holdsSeveral || body.any(Char::isLetter)) return ""
        val all = digits(body)
        val international = body.trimStart().startsWith("+")
        return when {
            international && all.startsWith("7") -> if (all.length == NATIONAL + 1) "+$all" else ""
            international -> foreign(all)
            all.length == NATIONAL -> "+7$all"
            all.length == NATIONAL + 1 && all[0] in "78" -> "+7${all.drop(1)}"
            all.startsWith("810") -> foreign(all.drop(3))
            else -> ""
        }
    }

    private fun foreign(digits: String): String =
        if (digits.length in MIN_INTERNATIONAL..MAX_INTERNATIONAL && digits[0] != '0') "+$digits" else ""
}
