package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.runBlocking
import okhttp3.mockwebserver.MockResponse
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.e2e.RefusedSockets
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.net.jwt
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.FileDb
import ru.groupprofi.crmprofi.dialer.store.Settings
import java.io.File

/** What goes wrong beside the calls: refusals, full disks, a key store that does not answer. */
@Execution(ExecutionMode.CONCURRENT)
class TroubleTest : DialerCase() {
    private fun polling() {
        phone.boot { _ -> RefusedSockets }
        logIn()
        dialer.setting(Settings.SHARE_ALL, "1")
        eventually("опрос") { phone.status.told == Told.POLLING }
    }

    private fun renews(code: Int = 200) {
        server.answers["/api/token/refresh/"] = MockResponse().setResponseCode(code)
            .setBody("""{"access":"${jwt(7, "new")}","refresh":"r2"}""")
    }

    @Test
    fun `one result that is forbidden waits, the others go`() {
        renews()
        polling()
        server.answers[UPDATE] = MockResponse().setResponseCode(403)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("спрошено дважды") { server.posts(UPDATE).size == 2 }
        Thread.sleep(QUIET_MS)
        assertEquals(2 to 1, server.posts(UPDATE).size to server.posts("/api/token/refresh/").size)
        assertEquals(Told.POLLING to 1, phone.status.told to phone.status.waiting)
        server.answers.remove(UPDATE)
        phone.hangUp("+79220000001", 5, type = 3)
        eventually("другой сдан") { server.posts(UPDATE).any { it.text("phone") == "+79220000001" } }
        dialer.network(true)
        eventually("и первый") { phone.status.waiting == 0 }
    }

    @Test
    fun `what waits goes as soon as a poll is answered again`() {
        polling()
        server.answers["/api/phone/calls/pull/"] = MockResponse().setResponseCode(500)
        // to wait for a minute
        server.answers[UPDATE] = MockResponse().setResponseCode(429)
        server.pulls.set(0)
        eventually("опрос без ответа") { server.pulls.get() > 1 }
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("спрошено") { server.posts(UPDATE).size == 1 }
        server.answers.clear()
        eventually("сдано") { phone.status.waiting == 0 }
        assertEquals(2, server.posts(UPDATE).size)
    }

    @Test
    fun `a server that refuses every new token is not asked without end`() {
        renews()
        polling()
        server.answers[UPDATE] = MockResponse().setResponseCode(401)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("спрошено") { server.posts(UPDATE).size >= 2 }
        Thread.sleep(QUIET_MS)
        assertTrue(server.posts(UPDATE).size <= 6, "${server.posts(UPDATE).size}")
        assertEquals(1, phone.status.waiting)
        server.answers.remove(UPDATE)
        dialer.network(true)
        dialer.rang("held")
        eventually("сдан") { phone.status.waiting == 0 }
    }

    @Test
    fun `a renewal that nobody answers holds nothing for ever`() {
        renews(503)
        polling()
        server.answers[UPDATE] = MockResponse().setResponseCode(403)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("спрошено") { server.posts("/api/token/refresh/").isNotEmpty() }
        server.answers.remove(UPDATE)
        dialer.rang("held")
        eventually("сдан") { phone.status.waiting == 0 }
        assertEquals(Told.POLLING, phone.status.told)
    }

    @Test
    fun `a full disk at the start ends neither the socket nor the pulse`() {
        online()
        eventually("первое сердцебиение") { server.frames("heartbeat").isNotEmpty() }
        phone.kill()
        phone.denied = { throw DbFailed("disk full") }
        phone.boot()
        eventually("на связи и сказано") { phone.status.told == Told.ONLINE && phone.status.isDiskFull }
        eventually("сердцебиение") { server.frames("heartbeat").size >= 2 }
        val before = server.frames("heartbeat").size
        dialer.rang("beat")
        eventually("и дальше") { server.frames("heartbeat").size > before }
    }

    @Test
    fun `a database that cannot be read at the start is read when it can be`() {
        online()
        grants()
        phone.kill()
        phone.unreadable = { throw DbFailed("disk I/O error") }
        phone.boot()
        eventually("сказано") { phone.status.isDiskFull }
        phone.unreadable = {}
        dialer.rang("disk")
        eventually("на связи") { phone.status.told == Told.ONLINE && !phone.status.isDiskFull }
        dialer.dialPolicy(DialPolicy.AT_ONCE)
        offer("c1")
        eventually("набрано") { phone.placed.toList() == listOf(NUMBER) }
    }

    @Test
    fun `what waits while the key store does not answer is sent when it does`() {
        polling()
        server.answers[UPDATE] = MockResponse().setResponseCode(503)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("ждёт") { server.posts(UPDATE).isNotEmpty() }
        phone.isLocked = true
        server.answers.remove(UPDATE)
        val before = server.posts(UPDATE).size
        dialer.network(true)
        Thread.sleep(QUIET_MS)
        assertEquals(Triple(before, 1, 0), Triple(server.posts(UPDATE).size, phone.status.waiting, phone.status.dead))
        phone.isLocked = false
        dialer.network(true)
        eventually("сдан") { phone.status.waiting == 0 }
    }

    @Test
    fun `a note goes after the result of its call, also of one that repeats a command`() {
        online()
        grants()
        offer("c1")
        eventually("набрано") { phone.placed.size == 1 }
        phone.hangUp(NUMBER, 5)
        eventually("сдан") { server.frames("report").size == 1 && phone.status.waiting == 0 }
        server.reacts["report"] = { emptyList() }
        assertEquals(Redial.PLACED, runBlocking { dialer.redial("c1") })
        phone.hangUp(NUMBER, 9)
        eventually("второй ждёт") { server.frames("report").size == 2 && phone.status.waiting == 1 }
        val again = runBlocking { dialer.recent(5) }.single { it.id != "c1" }
        dialer.note(again.id, "Договорились", "Ждут счёт")
        eventually("и заметка") { phone.status.waiting == 2 }
        Thread.sleep(QUIET_MS)
        assertEquals(0, server.posts("/api/phone/calls/note/").size)
        server.say("""{"type":"ack","report_id":"${server.frames("report").last().text("report_id")}"}""")
        eventually("заметка после результата") { server.posts("/api/phone/calls/note/").size == 1 }
    }

    @Test
    fun `results that wait for more than an hour are told`() {
        polling()
        server.answers[UPDATE] = MockResponse().setResponseCode(503)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("ждёт") { phone.status.waiting == 1 }
        assertFalse(phone.status.isLate)
        File(folder, "dialer.db").let { file ->
            phone.kill()
            FileDb(file).use { it.run("UPDATE queue SET created_at = created_at - 3700000, boot = 'before'") }
        }
        phone.boot { _ -> RefusedSockets }
        eventually("сказано") { phone.status.isLate && phone.status.isStuck }
    }

    private companion object {
        const val UPDATE = "/api/phone/calls/update/"
        const val QUIET_MS = 1_500L
    }
}
