package ru.groupprofi.crmprofi.dialer.e2e

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode
import ru.groupprofi.crmprofi.dialer.commands.Killed
import ru.groupprofi.crmprofi.dialer.net.AddressAnswer
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.runtime.Handset
import ru.groupprofi.crmprofi.dialer.runtime.eventually
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.FileDb
import java.io.File
import kotlin.random.Random

/** The application's process dies before any of its writes and its dialling, and comes back from the journal. */
@Tag("e2e")
@Execution(ExecutionMode.CONCURRENT)
class KilledTest {
    @TempDir
    lateinit var folder: File
    private val stand = Stand.shared
    private val person = stand.person()
    private val wire = Wire(stand.ports[0])
    private lateinit var phone: Handset

    @AfterEach
    fun over() {
        phone.close()
        wire.close()
        assertTrue(phone.crashes.all { it is Killed }, "${phone.crashes}")
    }

    /** The line is taken by a call that the system has been handed, whoever is alive to see it. */
    private fun begin() {
        phone = Handset(folder)
        phone.place = {
            phone.line = true
            phone.process?.dialer?.lineTaken()
            true
        }
        val address = (ServerAddress.read(wire.url, setOf("127.0.0.1")) as AddressAnswer.Good).address
        val answer = runBlocking { phone.boot().logInByCode(address, stand.qr(person)) }
        assertTrue(answer is ApiResult.Success, "$answer")
        eventually("телефон на связи") { phone.status.told == Told.ONLINE }
    }

    private fun one(number: String, act: Int): String {
        val dialed = phone.placed.size
        phone.doom(act)
        val call = stand.click(person, number)
        eventually("набрано, отвергнуто или процесс убит") {
            phone.placed.size > dialed || phone.crashes.isNotEmpty() || isClosed(call)
        }
        if (phone.crashes.isEmpty() && phone.placed.size > dialed) phone.hangUp(number, 7)
        eventually("результат записан или процесс убит") {
            phone.crashes.isNotEmpty() || isClosed(call)
        }
        // the call may be closed by its «ended» while the process dies of writing the result
        if (phone.spare()) revive(number, dialed)
        return call
    }

    /** The process comes back, and the call that it may have begun comes to its end. */
    private fun revive(number: String, dialed: Int) {
        eventually("процесс убит") { phone.crashes.isNotEmpty() }
        phone.crashes.clear()
        phone.boot()
        eventually("телефон снова на связи") { phone.status.told == Told.ONLINE }
        if (phone.placed.size > dialed && phone.line) phone.hangUp(number, 7)
    }

    private fun isClosed(call: String) = stand.call(call).text("closed_at").isNotEmpty()

    @Test
    fun `at every act in turn`() {
        begin()
        for (act in 0..9) killedAt(act, "+734300030${10 + act}")
        assertEquals(phone.placed.size, phone.placed.toSet().size)
    }

    @Test
    fun `at random`() {
        val seed = System.getProperty("crm.seed")?.toInt() ?: Random.nextInt()
        println("KilledTest seed $seed")
        val random = Random(seed)
        begin()
        for (turn in 0..7) killedAt(random.nextInt(12), "+734300040${10 + turn}")
        assertEquals(phone.placed.size, phone.placed.toSet().size, "seed $seed")
    }

    private fun killedAt(act: Int, number: String) {
        val call = one(number, act)
        eventually("команда закрыта", 40_000) {
            // dialled late, after the line was seen free again
            if (phone.placed.count { it == number } == 1 && phone.line) phone.hangUp(number, 7)
            isClosed(call)
        }
        val row = stand.call(call)
        val times = phone.placed.count { it == number }
        assertTrue(times <= 1, "act $act: $times")
        if (times == 1) {
            eventually({ "результат набранного звонка\n${story(act, call)}" }, PATIENCE_MS) {
                stand.reports(call).isNotEmpty()
            }
        } else {
            // killed between the word «about to dial» and the dialling: nobody knows whether it rang
            assertTrue(row.text("call_status") in setOf("", "unknown"), "act $act: ${row.text("call_status")}")
        }
        eventually({ "очередь пуста\n${story(act, call)}" }, PATIENCE_MS) { phone.status.waiting == 0 }
    }

    /** What both sides know, for the message of a failure. */
    private fun story(act: Int, call: String): String {
        val rows = FileDb(File(folder, "dialer.db")).use { db ->
            val journal = db.read("SELECT * FROM journal WHERE call_id = ?", call) { r ->
                (0..17).map { it to (r.text(it) ?: "-") }.joinToString { (at, text) -> "$at=$text" }
            }
            val queue = db.read("SELECT dedupe_key, state, next_at, last_code, order_key FROM queue") { r ->
                (0..4).joinToString { r.text(it) ?: "-" }
            }
            journal + queue
        }
        val told =
            listOf("act $act", stand.call(call).toString(), phone.status.toString(), "${phone.logRows.takeLast(3)}")
        return (told + rows + phone.process?.ring?.bundle().orEmpty()).joinToString("\n")
    }

    private companion object {
        const val PATIENCE_MS = 40_000L
    }
}
