package ru.groupprofi.crmprofi.dialer.logs

import java.security.MessageDigest

/** Takes numbers and tokens out of a text before anybody keeps it. */
object Mask {
    private const val SHOWN = 2
    private const val TOKEN_MARK = 8
    private const val MIN_DIGITS = 5
    private val jwt = Regex("""[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}""")
    private val bearer = Regex("""(?i)(bearer\s+)(\S+)""")
    private val named = Regex("""(?i)("?(?:access|refresh|token|password|authorization)"?\s*[:=]\s*"?)([^"\s,}]{4,})""")
    private val number = Regex("""\+?\d(?:[\s()\-.\u00a0]{0,2}\d){4,}""")

    fun text(text: String): String {
        var found = jwt.replace(text) { token(it.value) }
        found = bearer.replace(found) { it.groupValues[1] + token(it.groupValues[2]) }
        found = named.replace(found) { it.groupValues[1] + token(it.groupValues[2]) }
        return number.replace(found) { phone(it.value) }
    }

    /** Country code and the last two digits: «+7…46»; never more than four digits together. */
    fun phone(number: String): String {
        val digits = number.filter(Char::isDigit)
        if (digits.length < MIN_DIGITS) return number
        val country = if (number.startsWith("+") || digits.length > 10) "+${digits.take(1)}" else ""
        return "$country…${digits.takeLast(SHOWN)}"
    }

    /** Eight signs of its SHA-256, so that two mentions of one token can be told to be one. */
    fun token(token: String): String {
        if (token.startsWith(MARK)) return token
        val hash = MessageDigest.getInstance("SHA-256").digest(token.toByteArray())
        val letters = hash.take(TOKEN_MARK / 2).joinToString("") {
            "${LETTERS[it.toInt() and 15]}${LETTERS[it.toInt() shr 4 and 15]}"
        }
        return MARK + letters
    }

    private const val MARK = "#"

    // letters only: a run of digits would look like a number
    private const val LETTERS = "abcdefghijklmnop"
}
