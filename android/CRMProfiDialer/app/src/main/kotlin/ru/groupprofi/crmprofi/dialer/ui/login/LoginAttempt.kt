package ru.groupprofi.crmprofi.dialer.ui.login

import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import ru.groupprofi.crmprofi.dialer.ui.ScreenPort

/**
 * One person's way in. It outlives the turning of the screen, and so do the secrets that were typed: they are in no
 * saved state and on no disk.
 */
internal class LoginAttempt(private val port: ScreenPort) {
    class Link(val server: ServerAddress, val token: String)

    var password = ""
    var code = ""

    /** A link that nobody has said yes to. */
    var asked: Link? = null
    var said: Phrase? = null
        private set
    var isBusy = false
        private set
    var isIn = false
        private set

    /** The screen, while there is one. */
    var listener: (() -> Unit)? = null

    fun tell(words: Phrase?) {
        said = words
        listener?.invoke()
    }

    fun byPassword(server: ServerAddress, username: String) {
        val secret = password
        start(server, isCode = false) { port.logIn(server, username, secret) }
    }

    fun byCode(server: ServerAddress, token: String) = start(server, isCode = true) { port.logInByCode(server, token) }

    private fun start(server: ServerAddress, isCode: Boolean, ask: suspend () -> ApiResult<Login>) {
        if (isBusy || isIn) return
        isBusy = true
        tell(null)
        port.scope.launch {
            val answer = ask()
            isBusy = false
            if (answer is ApiResult.Error) return@launch tell(LoginWords.of(answer, isCode))
            isIn = true
            password = ""
            code = ""
            port.setting(SERVER, server.toString())
            port.startService()
            tell(null)
        }
    }

    companion object {
        /** The address that was used last. */
        const val SERVER = "server"
    }
}
