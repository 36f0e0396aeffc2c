package ru.groupprofi.crmprofi.dialer.ui

import android.app.Activity
import android.app.Application
import android.os.Looper
import android.view.View
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.platform.SimChoice
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.runtime.PhoneFacts
import ru.groupprofi.crmprofi.dialer.runtime.Sim
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import java.io.Closeable

/** What stands behind the screens in their tests. [did] is what they have asked for, in order. */
class FakePort : ScreenPort {
    val did = ArrayList<String>()
    val settings = HashMap<String, String>()
    var items: List<CallHistoryItem> = emptyList()
    var redial = Redial.PLACED
    var reportArrives = true
    var simChoices: List<SimChoice> = emptyList()

    /** Answers to log-ins wait here, so that a test sees the screen before the answer. */
    var answer = CompletableDeferred<ApiResult<Login>>()
    private val listeners = ArrayList<(DialerStatus) -> Unit>()

    override var status = DialerStatus(Told.ONLINE, username = "ivanov", server = "https://crm.example.com")
        set(value) {
            field = value
            listeners.toList().forEach { it(value) }
        }
    override val serverDefault = "https://crm.example.com"
    override var clearTextHosts: Set<String> = emptySet()
    override val facts: PhoneFacts = Facts()
    override val deviceId = "abcdefghijkl"
    override val instance = "instance-and-more"
    override var isSafeMode = false
    override val scope = CoroutineScope(SupervisorJob() + Dispatchers.Unconfined)

    override fun sims() = simChoices

    override fun watch(listener: (DialerStatus) -> Unit): Closeable {
        listeners += listener
        listener(status)
        return Closeable { listeners -= listener }
    }

    override fun leaveSafeMode() {
        did += "leaveSafeMode"
    }

    override fun sendReport(done: (Boolean) -> Unit) {
        did += "sendReport"
        done(reportArrives)
    }

    override fun startService() {
        did += "startService"
    }

    override fun connect() {
        did += "connect"
    }

    override fun shift(isOn: Boolean) {
        did += "shift $isOn"
    }

    override fun dialPolicy(policy: DialPolicy) {
        did += "policy $policy"
    }

    override fun setting(name: String, value: String?) {
        did += "setting $name=$value"
        if (value == null) settings -= name else settings[name] = value
    }

    override suspend fun setting(name: String) = settings[name]

    override fun tapped(callId: String) {
        did += "tapped $callId"
    }

    override fun declined(callId: String) {
        did += "declined $callId"
    }

    override suspend fun redial(historyId: String): Redial {
        did += "redial $historyId"
        return redial
    }

    override suspend fun call(number: String): Redial {
        did += "call $number"
        return redial
    }

    override fun note(historyId: String, outcome: String, text: String) {
        did += "note $historyId $outcome $text"
    }

    override suspend fun recent(limit: Int) = items

    override fun sendAgain() {
        did += "sendAgain"
    }

    override suspend fun logIn(server: ServerAddress, username: String, password: String): ApiResult<Login> {
        did += "logIn $server $username $password"
        return answer.await()
    }

    override suspend fun logInByCode(server: ServerAddress, token: String): ApiResult<Login> {
        did += "logInByCode $server $token"
        return answer.await()
    }

    override fun logOut() {
        did += "logOut"
    }

    private class Facts : PhoneFacts {
        override val deviceName = "Samsung A54"
        override val appVersion = "2.0.0"
        override val isEncrypted = true

        override fun battery() = 83

        override fun network() = "wifi"

        override fun permissions() = emptyMap<String, Boolean>()

        override fun sims() = listOf(Sim(0, "МТС"))
    }
}

class FakeApplication :
    Application(),
    ScreenPortHolder {
    override val screenPort = FakePort()
}

val port: FakePort get() = (RuntimeEnvironment.getApplication() as FakeApplication).screenPort

fun idle() = shadowOf(Looper.getMainLooper()).idle()

/** Every text that is seen. */
fun Activity.texts(): List<String> = textsOf(window.decorView)

private fun textsOf(view: View): List<String> = when {
    view.visibility != View.VISIBLE -> emptyList()
    view is android.widget.TextView -> listOf(view.text.toString())
    view is android.view.ViewGroup -> (0 until view.childCount).flatMap { textsOf(view.getChildAt(it)) }
    else -> emptyList()
}

/** Turns the screen: another one of the same kind, with the saved state of the first. */
fun <T : Activity> ActivityController<T>.turned(): T {
    recreate()
    idle()
    return get()
}

fun call(
    id: String = "c1",
    phone: String = "+79220001246",
    status: CallStatus = CallStatus.CONNECTED,
    seconds: Int? = 64,
    at: Long = System.currentTimeMillis(),
    sent: Boolean = true,
    title: String = "",
) = CallHistoryItem(
    id = id,
    phone = phone,
    status = status,
    durationSeconds = seconds,
    startedAt = at,
    sentToCrm = sent,
    direction = CallDirection.OUTGOING,
    title = title,
)
