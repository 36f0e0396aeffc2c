package ru.groupprofi.crmprofi.dialer.store

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import ru.groupprofi.crmprofi.dialer.commands.CallStage
import ru.groupprofi.crmprofi.dialer.commands.JournalRow
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.history.CallHistory
import ru.groupprofi.crmprofi.dialer.queue.QueuePolicy
import java.io.File
import javax.crypto.spec.SecretKeySpec

class SqlJournalTest {
    @TempDir
    lateinit var folder: File
    private var wall = 1_764_000_000_000L
    private val db by lazy { FileDb(File(folder, "j.db")) }
    private val queue by lazy {
        SqlQueue(db, AesGcmCodec({ SecretKeySpec(ByteArray(32), "AES") }), QueuePolicy()) {
            SqlQueue.Stamp(wall, "b", 1)
        }
    }
    private val history by lazy { CallHistory(db, kept = 3) }
    private val journal by lazy { SqlJournal(db, queue, history) { wall } }
    private val row = JournalRow(
        "c1", 7, "+79220001246", "boot", CallStage.PLACED, ActionSource.NOTIFICATION, 1, 2, "lease", 3, 4, 5, 6, 1,
        "r1", true, "original", 9,
    )

    @AfterEach
    fun close() = db.close()

    @Test
    fun `every field comes back`() {
        assertTrue(journal.write(row))
        assertEquals(row, journal.find("c1"))
        val bare = JournalRow("c2", 7, "1", "", CallStage.CLAIMING)
        journal.write(bare)
        assertEquals(bare, journal.find("c2"))
        assertNull(journal.find("c3"))
        assertEquals(listOf("c2", "c1"), journal.open().map { it.callId })
        assertEquals(setOf(9L), journal.takenLogIds(8))
    }

    @Test
    fun `row, result and history are one transaction`() {
        val done = row.copy(stage = CallStage.RESOLVED, isUnknown = false)
        val result = CallEventPayload("c1", CallStatus.CONNECTED, wall, 12)
        db.beforeWrite = { if ("INTO queue" in it) throw DbFailed("disk full") }
        assertFalse(journal.conclude(done, result))
        assertEquals(null to 0, journal.find("c1") to queue.items().size)
        assertEquals(0, history.recent().size)
        db.beforeWrite = {}
        assertTrue(journal.conclude(done, result))
        assertEquals(CallStage.RESOLVED to 1, journal.find("c1")!!.stage to queue.items().size)
        assertFalse(history.recent().single().sentToCrm)
        history.sent("r1")
        history.name("c1", "ООО «Пример»")
        history.remark("c1", "Договорились", "Ждут счёт")
        val item = history.find("c1")!!
        assertEquals(listOf("ООО «Пример»", "Договорились", "Ждут счёт"), listOf(item.title, item.outcome, item.note))
        assertTrue(item.sentToCrm && item.isCommand)
    }

    @Test
    fun `a disk that takes nothing says so`() {
        db.beforeWrite = { throw DbFailed("disk full") }
        assertFalse(journal.write(row))
    }

    @Test
    fun `what is over is forgotten after a week, what is open never`() {
        journal.write(row.copy(stage = CallStage.DONE, isUnknown = false))
        journal.write(row.copy(callId = "c2", stage = CallStage.RESOLVING))
        wall += 8 * 24 * 3_600_000L
        journal.prune()
        assertEquals(listOf("c2"), journal.open().map { it.callId })
        assertNull(journal.find("c1"))
    }

    @Test
    fun `the history keeps the newest, a correction changes its row`() {
        repeat(5) {
            history.record(
                "r$it",
                "h$it",
                "+7922000124$it",
                CallEventPayload(
                    "h$it",
                    CallStatus.NO_ANSWER,
                    wall + it,
                    0,
                ),
            )
        }
        assertEquals(listOf("h4", "h3", "h2"), history.recent().map { it.id })
        history.record("r9", "h4", "+79220001244", CallEventPayload("h4", CallStatus.CONNECTED, wall + 4, 30))
        assertEquals(CallStatus.CONNECTED to 30, history.find("h4")!!.let { it.status to it.durationSeconds })
        assertFalse(history.find("h4")!!.sentToCrm)
    }
}
