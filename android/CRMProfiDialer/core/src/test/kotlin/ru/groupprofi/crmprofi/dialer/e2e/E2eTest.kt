package ru.groupprofi.crmprofi.dialer.e2e

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import org.junit.jupiter.api.parallel.ResourceLock
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.net.AddressAnswer
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.runtime.Handset
import ru.groupprofi.crmprofi.dialer.runtime.eventually
import ru.groupprofi.crmprofi.dialer.session.Told
import java.io.File

private const val NUMBER = "+73430001234"

/** The real core over OkHttp against the real server. */
@Tag("e2e")
@Execution(ExecutionMode.CONCURRENT)
class E2eTest {
    @TempDir
    lateinit var folder: File
    private val stand = Stand.shared
    private val person = stand.person()
    private val wire = Wire(stand.ports[0])
    private val phones = ArrayList<Handset>()

    @AfterEach
    fun over() {
        phones.forEach(Handset::close)
        wire.close()
        phones.forEach { assertEquals(emptyList<Throwable>(), it.crashes.toList()) }
    }

    private fun handset(name: String = "one"): Handset {
        val phone = Handset(File(folder, name).also { it.mkdirs() })
        // the line is taken a moment after the dialling, as on a phone
        phone.place = {
            phone.line = true
            phone.process?.dialer?.lineTaken()
            true
        }
        phones += phone
        return phone
    }

    /** In by the code of the page, and online. */
    private fun online(phone: Handset = handset(), code: String = stand.qr(person), url: String = wire.url): Handset {
        val dialer = phone.boot()
        val address = (ServerAddress.read(url, setOf("127.0.0.1")) as AddressAnswer.Good).address
        val answer = runBlocking { dialer.logInByCode(address, code) }
        assertTrue(answer is ApiResult.Success, "$answer")
        isOnline(phone)
        return phone
    }

    private fun isOnline(phone: Handset) = eventually("телефон на связи") { phone.status.told == Told.ONLINE }

    private fun isPlaced(phone: Handset, count: Int = 1) = eventually("набор начат") { phone.placed.size == count }

    private fun result(call: String, status: String) =
        eventually("результат $status") { stand.call(call).text("call_status") == status }

    private fun sent(phone: Handset) = eventually("история отправлена") {
        val items = runBlocking { phone.process!!.dialer.recent(10) }
        items.isNotEmpty() && items.all { it.sentToCrm } && phone.status.waiting == 0
    }

    @Test
    fun `10-1 a click on the page is dialled once and its result is stored`() {
        val phone = online()
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        eventually("фаза «набирает»") { stand.call(call).text("live_phase") == "dialing" }
        phone.hangUp(NUMBER, 42)
        result(call, "connected")
        val row = stand.call(call)
        assertEquals("consumed" to "42", row.text("status") to row.text("call_duration_seconds"))
        assertEquals("outgoing" to "observer", row.text("direction") to row.text("resolve_method"))
        assertEquals("crm_ui", row.text("action_source"))
        sent(phone)
        assertEquals(listOf(NUMBER), phone.placed.toList())
        assertEquals(1, stand.reports(call).size)
    }

    @Test
    fun `10-2 from the notification`() {
        val phone = online()
        phone.process!!.dialer.dialPolicy(DialPolicy.ASK)
        val call = stand.click(person, NUMBER)
        eventually("уведомление «Пора позвонить»") { phone.prompts.containsKey(call) }
        assertEquals(emptyList<String>(), phone.placed.toList())
        phone.process!!.dialer.tapped(call)
        isPlaced(phone)
        phone.hangUp(NUMBER, 0)
        result(call, "no_answer")
        assertEquals("notification", stand.call(call).text("action_source"))
    }

    @Test
    fun `10-3 from the history`() {
        val phone = online()
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        phone.hangUp(NUMBER, 0)
        result(call, "no_answer")
        sent(phone)
        Thread.sleep(1_100) // the second call begins after the end of the first, in whole seconds
        assertEquals(Redial.PLACED, runBlocking { phone.process!!.dialer.redial(call) })
        phone.hangUp(NUMBER, 30)
        eventually("повторный звонок записан") {
            stand.rows("SELECT * FROM phonebridge_callrequest WHERE repeats_id = %s", call).size == 1
        }
        val repeat = stand.rows("SELECT * FROM phonebridge_callrequest WHERE repeats_id = %s", call).single()
        assertEquals("connected" to "history", repeat.text("call_status") to repeat.text("action_source"))
        assertEquals("no_answer", stand.call(call).text("call_status"))
    }

    @Test
    fun `10-4 without a network the result waits on the phone`() {
        val phone = online()
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        wire.isDown = true
        phone.networkNow = "none"
        phone.process!!.dialer.network(false)
        phone.hangUp(NUMBER, 12)
        eventually("результат в очереди") { phone.status.waiting == 1 }
        assertEquals("", stand.call(call).text("call_status"))
        phone.boot()
        eventually("очередь пережила перезапуск") { phone.status.waiting == 1 }
        wire.isDown = false
        phone.networkNow = "wifi"
        phone.process!!.dialer.network(true)
        result(call, "connected")
        sent(phone)
    }

    @Test
    fun `10-5 a result that cannot be found is unknown and is corrected later`() {
        val phone = online()
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        phone.line = false
        phone.process!!.dialer.lineFree()
        result(call, "unknown")
        val row = stand.call(call)
        assertEquals("retry" to "3", row.text("resolve_method") to row.text("attempts_count"))
        phone.hangUp(NUMBER, 5)
        result(call, "connected")
        assertEquals(2, stand.reports(call).size)
    }

    @Test
    fun `10-6 the legacy payload`() {
        val phone = online()
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        val legacy = CallEventPayload(call, CallStatus.CONNECTED, System.currentTimeMillis(), 7).toLegacyJson()
        assertTrue(runBlocking { phone.process!!.api.sendCallUpdate(legacy) } is ApiResult.Success)
        val row = stand.call(call)
        assertEquals("connected" to "7", row.text("call_status") to row.text("call_duration_seconds"))
        assertEquals("" to "", row.text("resolve_method") to row.text("action_source"))
    }

    @Test
    fun `the socket is cut at every step`() {
        val phone = online()
        val steps = listOf("offer", "placed", "talking", "ended", "reported")
        for ((number, step) in steps.withIndex()) {
            val to = "+7343000200$number"
            fun cutAt(now: String) {
                if (now == step) wire.cut()
            }
            if (step == "offer") wire.cut()
            val call = stand.click(person, to)
            isPlaced(phone, number + 1)
            cutAt("placed")
            Thread.sleep(50)
            cutAt("talking")
            if (step == "ended") wire.cut()
            phone.hangUp(to, 3 + number)
            if (step == "reported") wire.cut()
            result(call, "connected")
            isOnline(phone)
            sent(phone)
        }
        assertEquals(steps.size, phone.placed.toSet().size)
        assertEquals(steps.size, phone.placed.size)
        assertEquals(0, stand.letters(person))
    }

    @Test
    @ResourceLock("node 2")
    fun `the server is killed in the middle of a call`() {
        // node 2 alone, so that the other tests keep theirs
        wire.target = stand.ports[1]
        val phone = online(code = stand.qr(person, 1))
        val call = stand.click(person, NUMBER, node = 1)
        isPlaced(phone)
        stand.kill(1)
        phone.hangUp(NUMBER, 9)
        eventually("результат ждёт") { phone.status.waiting == 1 }
        stand.start(1)
        result(call, "connected")
        assertEquals(1, phone.placed.size)
        sent(phone)
    }

    @Test
    fun `with sockets refused the phone polls`() {
        val phone = handset()
        val dialer = phone.boot { _ -> RefusedSockets }
        val address = (ServerAddress.read(wire.url, setOf("127.0.0.1")) as AddressAnswer.Good).address
        runBlocking { dialer.logInByCode(address, stand.qr(person)) }
        eventually("опрос") { phone.status.told == Told.POLLING }
        val call = stand.click(person, NUMBER)
        isPlaced(phone)
        eventually("фаза «набирает»") { stand.call(call).text("live_phase") == "dialing" }
        phone.hangUp(NUMBER, 8)
        result(call, "connected")
        assertEquals("observer", stand.call(call).text("resolve_method"))
        sent(phone)
        assertEquals(listOf(NUMBER), phone.placed.toList())
    }

    @Test
    fun `of two devices one dials`() {
        val one = online()
        eventually("новый код можно взять") { tryCode(handset("two")) }
        val two = phones[1]
        isOnline(two)
        val call = stand.click(person, NUMBER)
        eventually("набирает один") { one.placed.size + two.placed.size >= 1 }
        val (dials, waits) = if (one.placed.size == 1) one to two else two to one
        dials.hangUp(NUMBER, 4)
        result(call, "connected")
        assertEquals(emptyList<String>(), waits.placed.toList())
        assertEquals(1, dials.placed.size)
    }

    private var code = ""

    /** The page makes one code in ten seconds. */
    private fun tryCode(phone: Handset): Boolean {
        code = stand.qr(person)
        if (code.isEmpty()) {
            phones.remove(phone)
            Thread.sleep(500)
            return false
        }
        online(phone, code)
        return true
    }

    @Test
    fun `a phone that was taken out forgets its log-in`() {
        val phone = online()
        stand.revoke(phone.deviceId)
        eventually("просит войти") { phone.status.told == Told.LOG_IN }
        assertNull(phone.process!!.tokens.load())
        val call = stand.click(person, NUMBER)
        Thread.sleep(1_500)
        assertEquals(emptyList<String>(), phone.placed.toList())
        assertEquals("pending", stand.call(call).text("status"))
    }

    @Test
    @ResourceLock("node 2")
    fun `tokens rotate on an open socket, and after a sleep`() {
        wire.target = stand.ports[1]
        val phone = online(code = stand.qr(person, 1))
        val first = phone.process!!.tokens.current!!
        eventually("вход обновлён") { phone.process!!.tokens.current!!.access != first.access }
        assertTrue(phone.process!!.tokens.current!!.refresh != first.refresh)
        isOnline(phone)
        phone.kill()
        Thread.sleep(9_000) // the access token ends while the phone sleeps
        phone.boot()
        isOnline(phone)
        val call = stand.click(person, NUMBER, node = 1)
        isPlaced(phone)
        phone.hangUp(NUMBER, 2)
        result(call, "connected")
    }

    @Test
    fun `a client who calls is named while it rings, told afterwards, and noted`() {
        val number = "+7343700${person.id + 1000}"
        stand.company(person, "ООО «Звонящий»", number)
        val phone = online()
        val began = System.nanoTime()
        phone.process!!.dialer.rings(number)
        eventually("карточка звонящего", 2_000) { phone.cards.isNotEmpty() }
        val tookMs = (System.nanoTime() - began) / 1_000_000
        println("caller card after $tookMs ms")
        assertEquals("ООО «Звонящий»", phone.cards.single().second.title)
        phone.hangUp(number, 33, type = 1)
        val query = "SELECT * FROM phonebridge_callrequest WHERE user_id = %s"
        eventually("входящий записан") { stand.rows(query, person.id).size == 1 }
        val row = stand.rows(query, person.id).single()
        assertEquals("incoming" to "connected", row.text("direction") to row.text("call_status"))
        sent(phone)
        phone.process!!.dialer.note(phone.finished.single(), "Договорились", "Ждут счёт")
        val notes = "SELECT text, type FROM companies_companynote WHERE company_id = %s"
        eventually("заметка на карточке") { stand.rows(notes, row.text("company_id").toLong()).isNotEmpty() }
        val note = stand.rows(notes, row.text("company_id").toLong()).single()
        assertEquals("Договорились. Ждут счёт" to "call", note.text("text") to note.text("type"))
    }

    @Test
    fun `an incoming call of a stranger stays on the phone`() {
        val phone = online()
        phone.hangUp("+79990001122", 20, type = 1)
        phone.process!!.dialer.callLogChanged()
        Thread.sleep(1_000)
        assertEquals(0, stand.rows("SELECT 1 AS n FROM phonebridge_callreport WHERE user_id = %s", person.id).size)
        assertEquals(emptyList<String>(), phone.finished.toList())
    }
}
