package ru.groupprofi.crmprofi.dialer.ui.login

import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.net.AddressFault
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.ui.Phrase

/** Why the person is not in, and what to do about it. */
object LoginWords {
    fun of(fault: AddressFault) = Phrase(
        when (fault) {
            AddressFault.EMPTY -> R.string.login_fault_empty
            AddressFault.NOT_AN_ADDRESS -> R.string.login_fault_address
            AddressFault.CLEAR_TEXT -> R.string.login_fault_clear
        },
    )

    fun of(error: ApiResult.Error, isCode: Boolean): Phrase = when {
        error.word == "disk" -> Phrase(R.string.login_error_disk)
        error.isNoAnswer -> Phrase(R.string.login_error_no_answer)
        // an answer that is none of a CRM's
        error.word == "broken" || error.code in FOREIGN -> Phrase(R.string.login_error_not_crm)
        error.code == TOO_OFTEN -> tooOften(error.retryAfterS)
        error.code >= BROKEN_SERVER -> Phrase(R.string.login_error_server, listOf(error.code))
        else -> refused(error, isCode)
    }

    private fun refused(error: ApiResult.Error, isCode: Boolean): Phrase = when (error.code) {
        BAD_REQUEST -> Phrase(if (isCode) R.string.login_error_code else R.string.login_error_request)
        NOT_KNOWN -> Phrase(if (isCode) R.string.login_error_refused else R.string.login_error_password)
        TOO_MANY -> Phrase(R.string.login_error_devices)
        FORBIDDEN -> if (error.word == "device_revoked" || error.detail.isEmpty()) {
            Phrase(R.string.login_error_revoked)
        } else {
            Phrase(R.string.login_error_said, listOf(error.detail))
        }
        else -> Phrase(R.string.login_error_other, listOf(error.code))
    }

    private fun tooOften(seconds: Int?): Phrase = if (seconds == null || seconds == 0) {
        Phrase(R.string.login_error_wait_some)
    } else {
        Phrase.counted(R.plurals.login_error_wait, seconds)
    }

    private const val BAD_REQUEST = 400
    private const val NOT_KNOWN = 401
    private const val FORBIDDEN = 403
    private const val TOO_MANY = 409
    private const val TOO_OFTEN = 429
    private const val BROKEN_SERVER = 500
    private val FOREIGN = setOf(404, 405, 410)
}
