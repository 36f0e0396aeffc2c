package ru.groupprofi.crmprofi.dialer.notify

import android.app.Notification
import android.app.NotificationManager
import android.content.Context
import android.content.Intent
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import ru.groupprofi.crmprofi.dialer.commands.DeskNotice
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.ui.NoteActivity
import ru.groupprofi.crmprofi.dialer.ui.login.LoginActivity

@RunWith(RobolectricTestRunner::class)
class CardsTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val manager get() = shadowOf(context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager)
    private val cards by lazy { Cards(context) }
    private val taps by lazy { Taps(context) }
    private val desk by lazy { DeskCards(cards, taps) { "https://crm.example.com" } }
    private val states by lazy { StateCards(cards, taps) }
    private val online = DialerStatus(told = Told.ONLINE, username = "ivanov")

    @Test
    fun `each kind of notification has a channel of its own`() {
        cards.mayFillScreen
        assertEquals(Channel.entries.map { it.id }.toSet(), manager.notificationChannels.map { it.id }.toSet())
    }

    @Test
    fun `where the application may not dial, the button opens the person's own dialler`() {
        PromptCards(cards, taps).show(offer("+7 (916) 123-45-67"), 30_000, byHand = true)
        val card = shown(Card.PROMPT, "c")
        val dial = target(card.actions[0].actionIntent)
        assertEquals(Intent.ACTION_DIAL, dial.action)
        assertEquals("+79161234567", dial.data?.schemeSpecificPart)
        assertNull(card.fullScreenIntent)
        assertEquals(30_000L, card.timeoutAfter)
    }

    @Test
    fun `a call that was not made is left for the dialler, a dangerous number is not`() {
        desk.notice(DeskNotice.NOT_DIALED, "a", "+79161234567")
        assertEquals(Intent.ACTION_DIAL, target(shown(Card.NOTICE, "a").contentIntent).action)
        desk.notice(DeskNotice.UNSAFE, "b", "*#06#")
        assertNull(shown(Card.NOTICE, "b").actions)
        assertTrue("MainActivity" in target(shown(Card.NOTICE, "b").contentIntent).component.toString())
        desk.notice(DeskNotice.BUSY, "c", "+79161234567")
        assertEquals(Channel.QUIET.id, shown(Card.NOTICE, "c").channelId)
        desk.notice(DeskNotice.MEMORY_FULL, "d", "+79161234567")
        assertEquals("Память телефона заполнена", title(shown(Card.NOTICE, "d")))
        desk.notice(DeskNotice.OFFLINE, "e", "+79161234567")
        assertEquals("Нет связи с CRM", title(shown(Card.NOTICE, "e")))
        assertTrue("+79161234567 ещё ждёт" in text(shown(Card.NOTICE, "e")))
    }

    @Test
    fun `a reminder opens its page of the CRM, and no other address than of the web`() {
        desk.reminder(ServerFrame.Notice(null, "Задача", "Позвонить в 15:00", "/companies/7/"))
        val page = target(shown(Card.REMINDER, "Задача").contentIntent)
        assertEquals("https://crm.example.com/companies/7/", page.dataString)
        desk.reminder(ServerFrame.Notice(null, "Чужое", "", "file:///etc/hosts"))
        assertTrue("MainActivity" in target(shown(Card.REMINDER, "Чужое").contentIntent).component.toString())
    }

    @Test
    fun `after a talk the note is one tap away`() {
        desk.finished("e-1")
        val note = target(shown(Card.NOTE, "e-1").contentIntent)
        assertEquals(NoteActivity::class.java.name, note.component?.className)
        assertEquals("e-1", note.getStringExtra("history_id"))
    }

    @Test
    fun `a call that was answered leaves nothing behind`() {
        val callers = CallerCards(cards, taps)
        callers.rings("+79160000001")
        callers.show("+79160000001", ServerFrame.Caller("q", "Ромашка", "Пётр", "ждёт счёт"))
        assertEquals("Звонит Ромашка", title(shown(Card.CALLER)))
        callers.taken()
        assertNull(manager.getNotification(Card.CALLER.id))
        callers.free()
        assertNull(manager.getNotification("+79160000001", Card.MISSED.id))
    }

    @Test
    fun `an answer that comes after the ringing is a missed call`() {
        val callers = CallerCards(cards, taps)
        callers.rings("+79160000001")
        callers.free()
        callers.show("+79160000001", ServerFrame.Caller("q", "Ромашка", "", ""))
        assertNull(manager.getNotification(Card.CALLER.id))
        assertEquals("Пропущенный звонок: Ромашка", title(shown(Card.MISSED, "+79160000001")))
    }

    @Test
    fun `results that are late are told, stuck ones not yet, and the card goes with its cause`() {
        val stuck = online.copy(isStuck = true, waiting = 5)
        states.follow(stuck)
        assertNull(manager.getNotification(Card.STUCK.id))
        states.follow(stuck.copy(isLate = true))
        assertEquals("Результатов ждёт отправки: 5", text(shown(Card.STUCK)))
        states.follow(online)
        assertNull(manager.getNotification(Card.STUCK.id))
    }

    @Test
    fun `a full disk, a lost log-in and a stopped application are told`() {
        states.follow(online.copy(isDiskFull = true))
        assertNotNull(manager.getNotification(Card.DISK_FULL.id))
        states.follow(DialerStatus(told = Told.LOG_IN))
        val logIn = target(shown(Card.LOG_IN).contentIntent)
        assertEquals(LoginActivity::class.java.name, logIn.component?.className)
        states.follow(online)
        assertNull(manager.getNotification(Card.LOG_IN.id))
        StateCards(cards, taps).follow(DialerStatus(told = Told.LOG_IN, isLocked = true))
        assertNotNull(manager.getNotification(Card.LOG_IN.id))
        states.askToConnect()
        assertEquals("Нажмите, чтобы выйти на связь", title(shown(Card.CONNECT)))
        states.connected()
        assertNull(manager.getNotification(Card.CONNECT.id))
    }

    @Test
    fun `every state has its words`() {
        val card = ServiceCard(cards, taps)
        for (told in Told.entries) {
            val status = DialerStatus(told = told)
            assertTrue(told.name, card.title(status).isNotEmpty() && card.text(status).isNotEmpty())
        }
        val others = DialerStatus(told = Told.ONLINE, othersWaiting = 12, othersName = "petrov")
        assertEquals("Результатов ждёт входа (petrov): 12", card.text(others))
    }

    private fun offer(phone: String) = ServerFrame.Offer("c", phone, "", "", "", "", 30_000)

    private fun shown(card: Card, tag: String? = null): Notification =
        checkNotNull(manager.getNotification(tag, card.id))

    private fun title(card: Notification) = card.extras.getString("android.title")

    private fun text(card: Notification) = card.extras.getCharSequence("android.text").toString()

    private fun target(tap: android.app.PendingIntent): Intent = shadowOf(tap).savedIntent
}
