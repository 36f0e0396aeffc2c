package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.runBlocking
import okhttp3.mockwebserver.MockResponse
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import ru.groupprofi.crmprofi.dialer.e2e.RefusedSockets
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.Settings
import java.util.concurrent.CopyOnWriteArrayList

/** Calls that nobody clicked for. */
@Execution(ExecutionMode.CONCURRENT)
class CallersTest : DialerCase() {
    @Test
    fun `who rings`() {
        online()
        server.reacts["lookup"] = {
            val id = it.text("query_id")
            if (it.text("phone") == NUMBER) {
                listOf("""{"type":"caller","query_id":"$id","title":"ООО «Пример»","contact":"Ирина","note":"Срок"}""")
            } else {
                listOf("""{"type":"caller","query_id":"$id"}""")
            }
        }
        dialer.rings(NUMBER)
        eventually("карточка") { phone.cards.size == 1 }
        assertEquals("ООО «Пример»", phone.cards.single().second.title)
        dialer.rings("+79990000000")
        eventually("спрошено") { server.frames("lookup").size == 2 }
        dialer.rings(NUMBER)
        eventually("из памяти") { phone.cards.size == 2 }
        assertEquals(2, server.frames("lookup").size)
        // both call: the one that the CRM knows is told, the other one stays here
        phone.hangUp("+79990000000", 20, type = 1)
        phone.hangUp(NUMBER, 30, type = 1)
        eventually("входящий в CRM") { server.frames("report").size == 1 }
        val report = server.frames("report").single()
        assertEquals(
            Triple("connected", "incoming", NUMBER),
            report.run {
                Triple(text("call_status"), text("direction"), text("phone"))
            },
        )
        assertEquals("", report.text("call_request_id"))
        eventually("время для заметки") { phone.finished.size == 1 }
        assertFalse(server.heard.any { it.text("type") == "report" && "9990000000" in it.toString() })
    }

    @Test
    fun `many calls of clients are asked about at the pace of the server`() {
        online()
        val times = CopyOnWriteArrayList<Long>()
        server.reacts["lookup"] = {
            times += System.nanoTime() / 1_000_000
            listOf("""{"type":"caller","query_id":"${it.text("query_id")}","title":"ООО ${it.text("phone")}"}""")
        }
        repeat(12) { phone.addLogRow("+792200012${10 + it}", 3, type = 3) }
        dialer.callLogChanged()
        eventually("все сданы") { server.frames("report").size == 12 && phone.status.waiting == 0 }
        assertEquals(12, times.size)
        assertTrue(times.last() - times.first() >= 11 * 240, "${times.last() - times.first()}")
    }

    @Test
    fun `while the phone polls it asks by REST, and waits when there is no answer`() {
        server.answers["/api/phone/calls/lookup/"] = MockResponse().setResponseCode(503)
        phone.boot { _ -> RefusedSockets }
        logIn()
        eventually("опрос") { phone.status.told == Told.POLLING }
        phone.hangUp(NUMBER, 30, type = 1)
        eventually("спрошено") { server.posts("/api/phone/calls/lookup/").isNotEmpty() }
        Thread.sleep(200)
        assertEquals(0, phone.status.waiting)
        server.answers["/api/phone/calls/lookup/"] =
            MockResponse().setBody("""{"title":"ООО","contact":"","note":""}""")
        dialer.callLogChanged()
        eventually("сдано") { server.posts("/api/phone/calls/update/").size == 1 }
        val body = server.posts("/api/phone/calls/update/").single()
        assertTrue(body.text("report_id").startsWith("e-") && body.text("sent_at").isNotEmpty())
    }

    @Test
    fun `calls of the time when nobody or another one was here are not told`() {
        online()
        dialer.setting(Settings.SHARE_ALL, "1")
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("свой звонок сдан") { server.frames("report").size == 1 && phone.status.waiting == 0 }
        dialer.logOut()
        eventually("вышел") { phone.status.told == Told.LOG_IN }
        phone.hangUp("+79220000001", 5, type = 3)
        logIn()
        eventually("снова здесь") { phone.status.told == Told.ONLINE }
        server.userId = 8
        phone.mayReadLog = false
        phone.addLogRow("+79220000002", 5, type = 3)
        logIn("petrov")
        phone.mayReadLog = true
        eventually("коллега") { phone.status.told == Told.ONLINE && phone.status.username == "petrov" }
        dialer.callLogChanged()
        eventually("отсчёт начат") { runBlocking { dialer.setting(Settings.CURSOR) } == "3" }
        phone.hangUp("+79220000003", 5, type = 3)
        eventually("его звонок") { server.frames("report").any { it.text("phone") == "+79220000003" } }
        assertEquals(listOf(NUMBER, "+79220000003"), server.frames("report").map { it.text("phone") })
    }
}
