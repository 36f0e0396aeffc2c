package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.runBlocking
import okhttp3.mockwebserver.MockResponse
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import ru.groupprofi.crmprofi.dialer.commands.DeskNotice
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.e2e.RefusedSockets
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.Settings

/** Calls and disks, against a server that is hostile, of the future, or just slow. */
@Execution(ExecutionMode.CONCURRENT)
class DialerTest : DialerCase() {
    @Test
    fun `frames of the future and of an enemy change nothing`() {
        online()
        val odd = listOf(
            "", "[]", "null", "{", """{"type":5}""", """{"type":"dance"}""", """{"type":"offer"}""",
            """{"type":"offer","call_id":{"a":1},"phone":"$NUMBER","ttl_ms":1}""",
            """{"type":"offer","call_id":"x","phone":{"number":"$NUMBER"},"ttl_ms":60000}""",
            """{"type":"go","call_id":"nobody","lease":"l","dial_within_ms":5000}""",
            """{"type":"go","call_id":"nobody","lease":null,"dial_within_ms":1e400}""",
            """{"type":"ack","report_id":{}}""", """{"type":"revoke"}""", """{"type":"no","call_id":"nobody"}""",
            """{"type":"notice","id":null}""", """{"type":"caller","query_id":"nobody","title":"x"}""",
            """{"type":"offer","call_id":"y","phone":"$NUMBER","ttl_ms":-1}""",
            """{"type":"x","y":"${"z".repeat(100_000)}"}""",
            "[".repeat(60_000),
        )
        odd.forEach(server::say)
        server.say("""{"type":"ping","ts":17}""")
        eventually("отвечает дальше") { server.frames("pong").any { it.text("ts") == "17" } }
        assertEquals(emptyList<String>(), phone.placed.toList())
    }

    @Test
    fun `control codes and emergency numbers are never dialled`() {
        online()
        grants()
        for ((n, number) in listOf("*100#", "112", "+112", "tel:102", "8;ext=1", "7922*", "٠٩٢٢٠٠٠١٢٤٦").withIndex()) {
            offer("c$n", number)
            eventually("отказ для $number") { ("c$n" to "user") in rejects() }
        }
        assertEquals(emptyList<String>(), phone.placed.toList())
        assertEquals(7, phone.notices.count { it.first == DeskNotice.UNSAFE })
    }

    @Test
    fun `an offer of the past, of a day ahead, of a thousand`() {
        online()
        phone.wallShift = -86_400_000
        offer("past", ttlMs = 0)
        dialer.dialPolicy(DialPolicy.ASK)
        repeat(1_000) { offer("many-$it", "+7922100${1000 + it}") }
        eventually("последнее видно") { phone.prompts.containsKey("many-999") }
        assertEquals(20, phone.prompts.size)
        assertFalse(phone.prompts.containsKey("past"))
        dialer.tapped("many-999")
        eventually("запрос права") { server.frames("claim").any { it.text("call_id") == "many-999" } }
        dialer.declined("many-998")
        eventually("не сейчас") { ("many-998" to "user") in rejects() }
        assertFalse(phone.prompts.containsKey("many-998"))
    }

    @Test
    fun `a full disk dials nothing and says so`() {
        online()
        grants()
        phone.denied = { if ("journal" in it) throw DbFailed("disk full") }
        offer("c1")
        eventually("сказано") { (DeskNotice.MEMORY_FULL to "c1") in phone.notices }
        eventually("отказ") { rejects() == listOf("c1" to "stale") }
        assertEquals(emptyList<String>(), phone.placed.toList())
        phone.denied = { throw DbFailed("disk full") }
        dialer.shift(true)
        eventually("в состоянии видно") { phone.status.isDiskFull }
        phone.denied = {}
        dialer.rang("disk")
        eventually("снова можно писать") { !phone.status.isDiskFull }
    }

    @Test
    fun `a result that the disk does not take is written as soon as it does`() {
        online()
        grants()
        offer("c1")
        eventually("набрано") { phone.placed.size == 1 }
        eventually("линия занята") { server.frames("state").any { it.text("phase") == "dialing" } }
        phone.denied = { if ("INTO queue" in it) throw DbFailed("disk full") }
        phone.hangUp(NUMBER, 5)
        eventually("сказано") { phone.notices.any { it.first == DeskNotice.MEMORY_FULL } }
        assertEquals(0, server.frames("report").size)
        phone.denied = {}
        dialer.callLogChanged()
        eventually("результат") { server.frames("report").singleOrNull()?.text("call_status") == "connected" }
    }

    @Test
    fun `permissions are taken away in the middle of a call`() {
        online()
        grants()
        offer("c1")
        eventually("набрано") { phone.placed.size == 1 }
        phone.mayReadLog = false
        phone.mayDial = false
        phone.hangUp(NUMBER, 5)
        eventually("результат неизвестен") { server.frames("report").isNotEmpty() }
        val report = server.frames("report").single()
        assertEquals("unknown" to "unknown", report.text("call_status") to report.text("resolve_method"))
        offer("c2")
        eventually("набрать может человек") { phone.prompts.containsKey("c2") }
        assertEquals(1, phone.placed.size)
    }

    @Test
    fun `a thousand results wait and all arrive, sixteen at a time`() {
        online()
        server.reacts["report"] = { emptyList() }
        dialer.setting(Settings.SHARE_ALL, "1")
        repeat(1_000) { phone.addLogRow("+7922${1_000_000 + it}", 3, type = 3) }
        dialer.callLogChanged()
        eventually("шестнадцать без ответа") { server.frames("report").size == 16 && phone.status.waiting == 1_000 }
        server.reacts["report"] = { listOf("""{"type":"ack","report_id":"${it.text("report_id")}"}""") }
        server.drop(4100)
        eventually("все сданы", 60_000) { phone.status.waiting == 0 }
        assertEquals(1_000, server.frames("report").map { it.text("event_id") }.toSet().size)
    }

    @Test
    fun `reminders, log bundles, probes`() {
        phone.crash = "java.lang.IllegalStateException: +79220001246"
        online()
        eventually("прошлый сбой ушёл") { server.posts("/api/phone/logs/").any { it.text("level_summary") == "CRASH" } }
        assertFalse("9220001246" in server.posts("/api/phone/logs/").first().text("payload"))
        server.say("""{"type":"notice","id":412,"title":"Перезвонить","body":"Сегодня","url":"/companies/17/"}""")
        eventually("показано и сказано") { server.frames("seen").any { it.text("id") == "412" } }
        assertEquals("Перезвонить", phone.reminders.single().title)
        server.say("""{"type":"want_logs","id":5}""")
        eventually("журнал по просьбе") { server.posts("/api/phone/logs/").any { it.text("level_summary") == "ASKED" } }
        server.say("""{"type":"probe","id":"7"}""")
        eventually("отклик") { server.frames("pong").any { it.text("id") == "7" } }
        dialer.error("что-то пошло не так с $NUMBER")
        dialer.sendLogs()
        eventually("отчёт") { server.posts("/api/phone/logs/").any { it.text("level_summary") == "PERSON" } }
        assertTrue(server.posts("/api/phone/logs/").none { NUMBER in it.toString() })
    }

    @Test
    fun `off shift nothing is dialled, and the server is told`() {
        online()
        dialer.dialPolicy(DialPolicy.ASK)
        offer("c1")
        eventually("предложено") { phone.prompts.containsKey("c1") }
        dialer.shift(false)
        eventually("не на смене") { phone.status.told == Told.SHIFT_OFF && phone.prompts.isEmpty() }
        eventually("сказано") { server.frames("heartbeat").any { it.text("on_shift") == "false" } }
        phone.boot()
        eventually("и после перезапуска") { phone.status.told == Told.SHIFT_OFF }
        dialer.shift(true)
        eventually("на связи") { phone.status.told == Told.ONLINE }
    }

    @Test
    fun `one's own calls`() {
        online()
        assertEquals(Redial.UNSAFE, runBlocking { dialer.call("*100#") })
        assertEquals(Redial.PLACED, runBlocking { dialer.call(NUMBER) })
        assertEquals(Redial.BUSY, runBlocking { dialer.call(NUMBER) })
        phone.hangUp(NUMBER, 9)
        eventually("результат") { server.frames("report").size == 1 }
        val report = server.frames("report").single()
        assertEquals(
            Triple("history", NUMBER, ""),
            report.run {
                Triple(text("action_source"), text("phone"), text("call_request_id"))
            },
        )
        assertTrue(report.text("event_id").isNotEmpty())
        assertEquals(emptyList<Any>(), server.frames("state") + server.frames("reject"))
        val item = runBlocking { dialer.recent(5) }.single()
        dialer.note(item.id, "Договорились", "Ждут счёт")
        eventually("заметка ушла") { server.posts("/api/phone/calls/note/").size == 1 }
        val note = server.posts("/api/phone/calls/note/").single()
        assertEquals(
            Triple(item.id, "Договорились", "Ждут счёт"),
            note.run {
                Triple(text("event_id"), text("outcome"), text("note"))
            },
        )
        phone.mayDial = false
        assertEquals(Redial.NO_PERMISSION, runBlocking { dialer.redial(item.id) })
        assertEquals(Redial.UNKNOWN, runBlocking { dialer.redial("nobody") })
    }

    @Test
    fun `what the server does not take is kept, told and sent again when asked`() {
        phone.boot { _ -> RefusedSockets }
        server.answers["/api/phone/calls/update/"] = MockResponse().setResponseCode(400)
        logIn()
        dialer.setting(Settings.SHARE_ALL, "1")
        phone.hangUp(NUMBER, 5, type = 3)
        eventually("не принят") { phone.status.dead == 1 }
        server.answers.remove("/api/phone/calls/update/")
        dialer.sendLogs()
        eventually("сдан") { phone.status.dead == 0 && phone.status.waiting == 0 }
    }
}
