package ru.groupprofi.crmprofi.dialer.ui

import android.content.Context
import kotlinx.coroutines.CoroutineScope
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.core.AppContainer
import ru.groupprofi.crmprofi.dialer.core.crm
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.platform.Identity
import ru.groupprofi.crmprofi.dialer.platform.SimChoice
import ru.groupprofi.crmprofi.dialer.platform.Sims
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.runtime.PhoneFacts
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import java.io.Closeable

/** All that the screens ask of the application. What gives no answer returns at once. */
interface ScreenPort {
    val status: DialerStatus
    val serverDefault: String
    val clearTextHosts: Set<String>
    val facts: PhoneFacts
    val deviceId: String
    val instance: String
    val isSafeMode: Boolean
    val scope: CoroutineScope

    fun sims(): List<SimChoice>

    /** On the main thread, the first time at once. */
    fun watch(listener: (DialerStatus) -> Unit): Closeable

    fun leaveSafeMode()

    fun sendReport(done: (Boolean) -> Unit)

    fun startService()

    fun connect()

    fun shift(isOn: Boolean)

    fun dialPolicy(policy: DialPolicy)

    fun setting(name: String, value: String?)

    suspend fun setting(name: String): String?

    fun tapped(callId: String)

    /** «Не сейчас». */
    fun declined(callId: String)

    suspend fun redial(historyId: String): Redial

    suspend fun call(number: String): Redial

    fun note(historyId: String, outcome: String, text: String)

    suspend fun recent(limit: Int): List<CallHistoryItem>

    /** Results that the server did not take. */
    fun sendAgain()

    suspend fun logIn(server: ServerAddress, username: String, password: String): ApiResult<Login>

    suspend fun logInByCode(server: ServerAddress, token: String): ApiResult<Login>

    fun logOut()
}

/** An application that brings its own: those of the tests. */
interface ScreenPortHolder {
    val screenPort: ScreenPort
}

val Context.screenPort: ScreenPort
    get() = (applicationContext as? ScreenPortHolder)?.screenPort ?: AppScreenPort(applicationContext, crm)

private class AppScreenPort(private val context: Context, private val app: AppContainer) : ScreenPort {
    private val identity by lazy { Identity(context) }
    private val dialer get() = app.dialer

    override val status get() = app.status
    override val serverDefault get() = app.serverDefault
    override val clearTextHosts get() = app.clearTextHosts
    override val facts get() = app.facts
    override val deviceId get() = identity.deviceId
    override val instance get() = identity.instance
    override val isSafeMode get() = app.safeMode.isOn
    override val scope get() = app.scope

    override fun sims() = Sims.list(context)

    override fun watch(listener: (DialerStatus) -> Unit) = app.watch(listener)

    override fun leaveSafeMode() {
        app.safeMode.leave()
    }

    override fun sendReport(done: (Boolean) -> Unit) {
        app.logs.send(done)
    }

    override fun startService() {
        app.startService()
    }

    override fun connect() {
        dialer.connect()
    }

    override fun shift(isOn: Boolean) {
        dialer.shift(isOn)
    }

    override fun dialPolicy(policy: DialPolicy) {
        dialer.dialPolicy(policy)
    }

    override fun setting(name: String, value: String?) {
        dialer.setting(name, value)
    }

    override suspend fun setting(name: String) = orElse(null) { dialer.setting(name) }

    override fun tapped(callId: String) {
        dialer.tapped(callId)
    }

    override fun declined(callId: String) {
        dialer.declined(callId)
    }

    override suspend fun redial(historyId: String) = orElse(Redial.FAILED) { dialer.redial(historyId) }

    override suspend fun call(number: String) = orElse(Redial.FAILED) { dialer.call(number) }

    override fun note(historyId: String, outcome: String, text: String) {
        dialer.note(historyId, outcome, text)
    }

    override suspend fun recent(limit: Int) = orElse(emptyList()) { dialer.recent(limit) }

    override fun sendAgain() {
        dialer.sendLogs()
    }

    override suspend fun logIn(server: ServerAddress, username: String, password: String) =
        orElse(DISK) { dialer.logIn(server, username, password) }

    override suspend fun logInByCode(server: ServerAddress, token: String) =
        orElse(DISK) { dialer.logInByCode(server, token) }

    override fun logOut() {
        dialer.logOut()
    }

    /** A disk that fails is told in words, not by an end of the application. */
    private suspend fun <T> orElse(otherwise: T, ask: suspend () -> T): T = try {
        ask()
    } catch (_: DbFailed) {
        otherwise
    }

    private companion object {
        val DISK = ApiResult.Error(0, "disk")
    }
}
