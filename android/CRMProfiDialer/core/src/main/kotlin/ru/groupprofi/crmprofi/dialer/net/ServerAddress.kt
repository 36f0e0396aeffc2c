package ru.groupprofi.crmprofi.dialer.net

import okhttp3.HttpUrl
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull

/** Why an address is not taken. */
enum class AddressFault { EMPTY, NOT_AN_ADDRESS, CLEAR_TEXT }

sealed interface AddressAnswer {
    data class Good(val address: ServerAddress) : AddressAnswer

    data class Bad(val fault: AddressFault) : AddressAnswer
}

/** Where the CRM is: scheme, host and port. */
data class ServerAddress(val base: HttpUrl) {
    fun url(path: String): HttpUrl = requireNotNull(base.resolve(path)) { path }

    /** As people type it. */
    override fun toString(): String = base.toString().removeSuffix("/")

    companion object {
        /** An address that was checked when the person logged in; null when it is none. */
        fun stored(text: String): ServerAddress? = text.toHttpUrlOrNull()?.let(::ServerAddress)

        /** [clearText] are the hosts that may be spoken to without TLS: none in production. */
        fun read(typed: String, clearText: Set<String> = emptySet()): AddressAnswer {
            val bare = typed.trim()
            if (bare.isEmpty()) return AddressAnswer.Bad(AddressFault.EMPTY)
            val url = (if ("://" in bare) bare else "https://$bare").toHttpUrlOrNull()
            val isPlain = url != null && url.username.isEmpty() && url.password.isEmpty() && url.query == null
            return when {
                url == null || !isPlain -> AddressAnswer.Bad(AddressFault.NOT_AN_ADDRESS)
                !url.isHttps && url.host !in clearText -> AddressAnswer.Bad(AddressFault.CLEAR_TEXT)
                else -> AddressAnswer.Good(ServerAddress(url.newBuilder().encodedPath("/").fragment(null).build()))
            }
        }
    }
}

/**
 * What the QR of the site holds: `crmprofi://login?server=https://crm.example.com&token=…`, or the bare token typed
 * by hand. [server] is empty where only the token is there.
 */
data class LoginLink(val server: String, val token: String) {
    override fun toString(): String = "LoginLink($server)"

    companion object {
        const val SCHEME = "crmprofi"
        private const val LONGEST = 2_000
        private val code = Regex("^[A-Za-z0-9_-]{6,200}$")

        /** Null when [text] is neither. */
        fun read(text: String): LoginLink? {
            val bare = text.trim()
            if (bare.length > LONGEST) return null
            if (code.matches(bare)) return LoginLink("", bare)
            val query = bare.removePrefix("$SCHEME://login?")
            if (query == bare) return null
            // an address of its own, only to have its query read
            val url = "https://link.example.com/?$query".toHttpUrlOrNull() ?: return null
            val token = url.queryParameter("token")?.takeIf(code::matches) ?: return null
            return LoginLink(url.queryParameter("server").orEmpty(), token)
        }
    }
}
