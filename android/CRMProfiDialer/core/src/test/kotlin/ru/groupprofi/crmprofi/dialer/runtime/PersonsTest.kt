package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.runBlocking
import okhttp3.mockwebserver.MockResponse
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.e2e.RefusedSockets
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.net.jwt
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.Settings
import java.io.File
import java.util.concurrent.TimeUnit

/** Who is in, who was, and whose results are whose. */
@Execution(ExecutionMode.CONCURRENT)
class PersonsTest : DialerCase() {
    @Test
    fun `the log-in registers the phone and the socket says who it is`() {
        online()
        val auth = server.frames("auth").single()
        assertEquals(phone.deviceId to "android", auth.text("device_id") to auth.text("platform"))
        assertEquals("Samsung A54", server.posts("/api/phone/devices/register/").single().text("device_name"))
        eventually("сердцебиение") { server.frames("heartbeat").isNotEmpty() }
        val beat = server.frames("heartbeat").first()
        assertEquals("83" to "true", beat.text("battery") to beat.text("on_shift"))
        eventually("телеметрия") { server.posts("/api/phone/telemetry/").isNotEmpty() }
    }

    @Test
    fun `the log-in is damaged on the disk`() {
        online()
        phone.kill()
        File(folder, "login").writeBytes(ByteArray(5))
        phone.boot()
        eventually("просит войти и говорит почему") { phone.status.wasDamaged && phone.status.told == Told.LOG_IN }
        assertTrue(logIn() is ApiResult.Success)
        eventually("на связи") { phone.status.told == Told.ONLINE && !phone.status.wasDamaged }
    }

    @Test
    fun `results wait for the person whose they are`() {
        online()
        grants()
        server.reacts["report"] = { emptyList() }
        server.answers["/api/phone/calls/update/"] = MockResponse().setResponseCode(503)
        offer("c1")
        eventually("набрано") { phone.placed.size == 1 }
        phone.hangUp(NUMBER, 5)
        eventually("ждёт") { phone.status.waiting == 1 }
        dialer.logOut()
        eventually("вышел") { phone.status.told == Told.LOG_IN && phone.status.username.isEmpty() }
        assertNull(phone.process!!.tokens.current)
        assertEquals(1 to "ivanov", phone.status.othersWaiting to phone.status.othersName)
        server.reacts["report"] = { listOf("""{"type":"ack","report_id":"${it.text("report_id")}"}""") }
        logIn()
        eventually("сдано") {
            phone.status.told == Told.ONLINE &&
                phone.status.waiting == 0 &&
                phone.status.othersWaiting == 0
        }
    }

    @Test
    fun `a phone that may not register is not logged in`() {
        phone.boot()
        server.answers["/api/phone/devices/register/"] = MockResponse().setResponseCode(409)
            .setBody("""{"detail":"Телефонов больше десяти.","code":"too_many_devices"}""")
        val answer = logIn() as ApiResult.Error
        assertEquals("Телефонов больше десяти.", answer.detail)
        assertEquals(Told.LOG_IN, phone.status.told)
        assertNull(phone.process!!.tokens.load())
    }

    @Test
    fun `safe mode has neither socket nor dialling, but the queue goes on`() {
        online()
        phone.kill()
        phone.boot(isSafeMode = true)
        eventually("безопасный режим") { phone.status.told == Told.SAFE_MODE }
        assertEquals(Redial.NOT_NOW, runBlocking { dialer.call(NUMBER) })
        val before = server.frames("auth").size
        dialer.connect()
        dialer.network(true)
        Thread.sleep(300)
        assertEquals(before, server.frames("auth").size)
        dialer.leaveSafeMode()
        eventually("на связи") { phone.status.told == Told.ONLINE }
        assertEquals(Redial.PLACED, runBlocking { dialer.call(NUMBER) })
    }

    @Test
    fun `a colleague who logs in takes neither socket nor calls over`() {
        online()
        dialer.dialPolicy(DialPolicy.ASK)
        offer("c1")
        eventually("предложено") { phone.prompts.containsKey("c1") }
        server.userId = 8
        server.greets = false
        assertTrue(logIn("petrov") is ApiResult.Success)
        eventually("назвался другой") { server.frames("auth").size == 2 }
        val (first, second) = server.frames("auth").map { it.text("token") }
        assertEquals(jwt(7) to jwt(8), first to second)
        assertEquals("petrov" to Told.CONNECTING, phone.status.username to phone.status.told)
        assertTrue(phone.prompts.isEmpty())
        dialer.tapped("c1")
        server.say("""{"type":"hello","protocol":1,"session":"s","ping_s":25,"token_expires_in_s":3600}""")
        server.say("""{"type":"synced"}""")
        eventually("на связи") { phone.status.told == Told.ONLINE }
        assertEquals(emptyList<String>(), server.frames("claim").map { it.text("call_id") })
    }

    @Test
    fun `results of who comes in go out in that name alone`() {
        server.userId = 8
        online("petrov")
        dialer.setting(Settings.SHARE_ALL, "1")
        server.reacts["report"] = { emptyList() }
        server.answers["/api/phone/calls/update/"] = MockResponse().setResponseCode(503)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("ждёт") { server.frames("report").size == 1 && phone.status.waiting == 1 }
        dialer.logOut()
        eventually("вышел") { phone.status.told == Told.LOG_IN }
        server.userId = 7
        logIn()
        eventually("на связи другой") { phone.status.told == Told.ONLINE }
        server.userId = 8
        server.reacts["report"] = { listOf("""{"type":"ack","report_id":"${it.text("report_id")}"}""") }
        logIn("petrov")
        eventually("сдано") { phone.status.waiting == 0 && phone.status.told == Told.ONLINE }
        val types = server.heard.map { it.text("type") }.filter { it == "auth" || it == "report" }
        assertEquals(listOf("auth", "report", "auth", "auth", "report"), types)
    }

    @Test
    fun `the same number at another server is another person`() {
        online()
        dialer.setting(Settings.SHARE_ALL, "1")
        server.reacts["report"] = { emptyList() }
        server.answers["/api/phone/calls/update/"] = MockResponse().setResponseCode(503)
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("ждёт") { phone.status.waiting == 1 }
        ScriptedServer().use { other ->
            val address = ServerAddress.stored(other.url)!!
            assertTrue(runBlocking { dialer.logIn(address, "ivanov", "x") } is ApiResult.Success)
            eventually("там на связи") { phone.status.told == Told.ONLINE && other.frames("heartbeat").isNotEmpty() }
            assertEquals(0 to 1, phone.status.waiting to phone.status.othersWaiting)
            assertEquals(emptyList<Any>(), other.frames("report") + other.posts("/api/phone/calls/update/"))
        }
    }

    @Test
    fun `a command that was asked for by the one before is not dialled by who comes in`() {
        phone.boot { _ -> RefusedSockets }
        server.answers["/api/phone/calls/pull/"] = MockResponse().setBodyDelay(700, TimeUnit.MILLISECONDS)
            .setBody("""{"id":"c1","phone":"$NUMBER","lease":"l1","dial_within_ms":5000}""")
        logIn()
        eventually("опрос") { phone.status.told == Told.POLLING }
        server.answers.remove("/api/phone/calls/pull/")
        server.userId = 8
        logIn("petrov")
        Thread.sleep(1_500)
        assertEquals("petrov" to emptyList<String>(), phone.status.username to phone.placed.toList())
    }

    @Test
    fun `a colleague whom the server refuses leaves the one before at work`() {
        online()
        server.userId = 8
        server.answers["/api/phone/devices/register/"] = MockResponse().setResponseCode(403)
            .setBody("""{"detail":"Телефон отозван.","code":"device_revoked"}""")
        assertEquals(403, (logIn("petrov") as ApiResult.Error).code)
        assertEquals("ivanov" to Told.ONLINE, phone.status.username to phone.status.told)
        grants()
        offer("c1")
        eventually("набрано") { phone.placed.toList() == listOf(NUMBER) }
        assertEquals(1, server.frames("auth").size)
    }

    @Test
    fun `a key store that does not answer is asked again, and the log-in is kept`() {
        online()
        phone.kill()
        phone.isLocked = true
        phone.boot()
        eventually("сказано") { phone.status.isLocked && phone.status.told == Told.LOG_IN }
        assertFalse(phone.status.wasDamaged)
        dialer.rang("locked")
        phone.isLocked = false
        dialer.rang("locked")
        eventually("на связи без нового входа") { phone.status.told == Told.ONLINE && !phone.status.isLocked }
        assertEquals(1, server.posts("/api/token/").size)
        phone.kill()
        phone.isLocked = true
        phone.boot()
        repeat(9) { dialer.rang("locked") }
        eventually("после пяти минут просит войти") { phone.status.wasDamaged && !phone.status.isLocked }
        phone.isLocked = false
        assertTrue(logIn() is ApiResult.Success)
        eventually("на связи") { phone.status.told == Told.ONLINE && !phone.status.wasDamaged }
    }
}
