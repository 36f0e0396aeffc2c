package ru.groupprofi.crmprofi.dialer.core

import android.Manifest
import android.app.Notification
import android.app.NotificationManager
import android.content.Context
import android.content.Intent
import android.telecom.TelecomManager
import android.telephony.TelephonyManager
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlarmManager
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.fakes.FakeCallLog
import ru.groupprofi.crmprofi.dialer.fakes.FakeServer
import ru.groupprofi.crmprofi.dialer.fakes.FullScreenAllowed
import ru.groupprofi.crmprofi.dialer.fakes.SoftKeyApplication
import ru.groupprofi.crmprofi.dialer.fakes.app
import ru.groupprofi.crmprofi.dialer.fakes.eventually
import ru.groupprofi.crmprofi.dialer.fakes.grant
import ru.groupprofi.crmprofi.dialer.fakes.pass
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.notify.Card
import ru.groupprofi.crmprofi.dialer.service.CallListenerService
import ru.groupprofi.crmprofi.dialer.service.PhoneStateReceiver
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.ui.PromptActivity

/** The application as it is, between a server that speaks the protocol and a phone that records what it is asked. */
@RunWith(RobolectricTestRunner::class)
@Config(application = SoftKeyApplication::class)
@OptIn(ExperimentalCoroutinesApi::class)
class WholeAppTest {
    private val server = FakeServer()
    private lateinit var calls: FakeCallLog
    private val container get() = app.container
    private val telecom get() = shadowOf(app.getSystemService(Context.TELECOM_SERVICE) as TelecomManager)
    private val telephony get() = shadowOf(app.getSystemService(Context.TELEPHONY_SERVICE) as TelephonyManager)
    private val notifications get() = shadowOf(
        app.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager,
    )

    @Before
    fun begin() {
        ShadowAlarmManager.setAutoSchedule(true)
        calls = FakeCallLog.install()
        grant(
            Manifest.permission.CALL_PHONE,
            Manifest.permission.READ_PHONE_STATE,
            Manifest.permission.READ_CALL_LOG,
        )
        server.start()
        container.look()
    }

    @After
    fun end() {
        container.close()
        server.close()
    }

    @Test
    fun `a call that is ordered in the CRM is dialled, talked over and reported`() {
        logIn()
        server.say(offer("c-1"))
        eventually("dialled") { telecom.allOutgoingCalls.isNotEmpty() }
        assertEquals("+79161234567", telecom.onlyOutgoingCall.address.schemeSpecificPart)
        assertEquals(1, server.frames("claim").size)
        line(TelephonyManager.CALL_STATE_OFFHOOK)
        eventually("told as dialling") { server.frames("state").any { "\"dialing\"" in it } }
        calls.add("+79161234567", 2, System.currentTimeMillis(), 61)
        line(TelephonyManager.CALL_STATE_IDLE)
        eventually("reported") { server.frames("report").isNotEmpty() }
        val report = server.frames("report").single()
        assertTrue(report, "\"c-1\"" in report && "\"connected\"" in report && "61" in report)
        eventually("nothing waits") { container.status.waiting == 0 }
        server.say(offer("c-1"))
        pass(3_000)
        assertEquals(1, telecom.allOutgoingCalls.size)
    }

    @Test
    @Config(shadows = [FullScreenAllowed::class])
    fun `where the person is asked first, the tap on the notification dials`() {
        logIn()
        container.dialer.dialPolicy(DialPolicy.ASK)
        server.say(offer("c-2"))
        eventually("asked") { prompt("c-2") != null }
        val card = checkNotNull(prompt("c-2"))
        assertEquals("Пора позвонить: ООО «Ромашка»", card.extras.getString("android.title"))
        assertEquals(listOf("Позвонить", "Не сейчас"), card.actions.map { it.title.toString() })
        val screen = shadowOf(card.fullScreenIntent).savedIntent
        assertEquals(PromptActivity::class.java.name, screen.component?.className)
        assertEquals("c-2", screen.getStringExtra("call_id"))
        assertEquals("+79161234567", screen.getStringExtra("phone"))
        assertEquals(0, server.frames("claim").size)
        card.actions[0].actionIntent.send()
        eventually("dialled") { telecom.allOutgoingCalls.isNotEmpty() }
        assertNull(prompt("c-2"))
    }

    @Test
    fun `«Не сейчас» takes the card away and the server hears it`() {
        logIn()
        container.dialer.dialPolicy(DialPolicy.ASK)
        server.say(offer("c-3"))
        eventually("asked") { prompt("c-3") != null }
        val card = checkNotNull(prompt("c-3"))
        // the system has not allowed it here
        assertNull(card.fullScreenIntent)
        card.actions[1].actionIntent.send()
        eventually("the card is gone") { prompt("c-3") == null }
        eventually("the server hears") { server.frames("reject").any { "c-3" in it && "user" in it } }
        assertEquals(0, server.frames("claim").size)
        assertEquals(0, telecom.allOutgoingCalls.size)
    }

    @Test
    fun `a caller that the CRM knows is named, and missed if nobody takes the call`() {
        logIn()
        app.sendBroadcast(ringing("+79160000001"))
        eventually("the server is asked") { server.frames("lookup").isNotEmpty() }
        val query = Regex(""""query_id":"([^"]+)"""").find(server.frames("lookup").last())!!.groupValues[1]
        server.say(
            """{"type":"caller","query_id":"$query","title":"ООО «Ромашка»","contact":"Пётр","note":"ждёт счёт"}""",
        )
        eventually("named") { notifications.getNotification(Card.CALLER.id) != null }
        val card = notifications.getNotification(Card.CALLER.id).extras
        assertEquals("Звонит ООО «Ромашка»", card.getString("android.title"))
        line(TelephonyManager.CALL_STATE_IDLE)
        eventually("missed") { notifications.getNotification("+79160000001", Card.MISSED.id) != null }
        assertNull(notifications.getNotification(Card.CALLER.id))
    }

    @Test
    fun `after three crashes there is no socket until the person says so`() {
        logIn()
        repeat(3) { container.safeMode.crashed(System.currentTimeMillis()) }
        container.close()
        eventually("gone") { !server.isConnected }
        val careful = AppContainer(app, SoftKeyApplication.seal())
        careful.begin()
        eventually("careful") { careful.status.told == Told.SAFE_MODE }
        assertTrue(careful.safeMode.isOn)
        pass(30_000)
        assertFalse(server.isConnected)
        careful.safeMode.leave()
        eventually("online again") { server.isConnected && careful.status.told == Told.ONLINE }
        careful.close()
    }

    private fun logIn() {
        val answer = container.scope.async { container.dialer.logIn(server.address, "ivanov", "secret") }
        eventually("logged in") { answer.isCompleted }
        assertTrue(answer.getCompleted() is ApiResult.Success)
        eventually("online") { server.isConnected && container.status.told == Told.ONLINE }
        assertEquals(CallListenerService::class.java.name, shadowOf(app).nextStartedService?.component?.className)
    }

    private fun line(state: Int) {
        telecom.setIsInCall(state != TelephonyManager.CALL_STATE_IDLE)
        telephony.setCallState(state)
    }

    private fun prompt(callId: String): Notification? = notifications.getNotification(callId, Card.PROMPT.id)

    private fun offer(id: String) =
        """{"type":"offer","call_id":"$id","phone":"+79161234567","title":"ООО «Ромашка»","ttl_ms":30000}"""

    @Suppress("DEPRECATION")
    private fun ringing(number: String) = Intent(app, PhoneStateReceiver::class.java)
        .setAction(TelephonyManager.ACTION_PHONE_STATE_CHANGED)
        .putExtra(TelephonyManager.EXTRA_STATE, TelephonyManager.EXTRA_STATE_RINGING)
        .putExtra(TelephonyManager.EXTRA_INCOMING_NUMBER, number)
}
