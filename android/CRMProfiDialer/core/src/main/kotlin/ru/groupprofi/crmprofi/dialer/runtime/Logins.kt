package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.async
import ru.groupprofi.crmprofi.dialer.crypto.SealFailed
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.ServerAddress

/** Who is logged in: read at the start, asked again while the key store is silent, and by the two ways in. */
internal class Logins(
    private val w: Wiring,
    private val scope: CoroutineScope,
    /** Somebody sits down at this phone who was not there at the start. */
    private val came: (Login) -> Unit,
) {
    private var locks = 0

    /** The key store does not answer. */
    var isLocked = false
        private set

    /** Null when nobody is logged in, or when the key store cannot say: then it is asked again. */
    fun load(): Login? = try {
        w.tokens.load().also { isLocked = false }
    } catch (_: SealFailed) {
        locks += 1
        isLocked = locks < MOST_LOCKS
        if (isLocked) w.alarms.wake(LOCKED, LOCKED_MS) else w.tokens.giveUp()
        null
    }

    fun unlock() {
        if (!isLocked || w.tokens.current != null) return
        load()?.let(came)
    }

    suspend fun byPassword(server: ServerAddress, username: String, password: String): ApiResult<Login> =
        enter { w.api.login(server, username, password) }

    suspend fun byCode(server: ServerAddress, token: String): ApiResult<Login> =
        enter { w.api.exchangeQrToken(server, token) }

    private suspend fun enter(ask: suspend () -> ApiResult<Login>): ApiResult<Login> = scope.async {
        val asked = ask()
        val answer = if (asked is ApiResult.Success) w.api.admit(asked.value, w.facts.registration()) else asked
        if (answer is ApiResult.Success) {
            isLocked = false
            came(answer.value)
        }
        answer
    }.await()

    companion object {
        const val LOCKED = "locked"
        private const val LOCKED_MS = 30_000L
        private const val MOST_LOCKS = 10
    }
}
