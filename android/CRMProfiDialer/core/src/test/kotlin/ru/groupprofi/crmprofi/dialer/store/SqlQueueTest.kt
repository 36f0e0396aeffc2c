package ru.groupprofi.crmprofi.dialer.store

import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.queue.Outgoing
import ru.groupprofi.crmprofi.dialer.queue.QueuePolicy
import ru.groupprofi.crmprofi.dialer.queue.QueueState
import ru.groupprofi.crmprofi.dialer.queue.QueueType
import java.io.File
import javax.crypto.spec.SecretKeySpec
import kotlin.random.Random

private const val DAY_MS = 24 * 3_600_000L

class SqlQueueTest {
    @TempDir
    lateinit var folder: File
    private var now = SqlQueue.Stamp(1_764_000_000_000, "b1", 1_000)
    private var key = 0
    private val db by lazy { FileDb(File(folder, "q.db")) }
    private val queue by lazy { queueOn(db) }

    private fun queueOn(db: Db) = SqlQueue(
        db,
        AesGcmCodec({
            SecretKeySpec(ByteArray(32) { key.toByte() }, "AES")
        }),
        QueuePolicy(Random(1)),
    ) { now }

    @AfterEach
    fun close() = db.close()

    private fun result(id: String, call: String = id, user: Long = 1) =
        Outgoing.result(user, id, CallEventPayload(call, CallStatus.CONNECTED, callDurationSeconds = 5), call)

    private fun pass(ms: Long) {
        now = now.copy(wall = now.wall + ms, elapsed = now.elapsed + ms)
    }

    private fun due(user: Long = 1) = queue.due(user, 64).map { it.dedupeKey }

    @Test
    fun `a result is kept once, sealed, and survives the process`() {
        queue.add(result("r1"))
        queue.add(result("r1"))
        val raw = File(folder, "q.db").readBytes() + File(folder, "q.db-wal").readBytes()
        assertFalse("connected" in String(raw, Charsets.ISO_8859_1))
        FileDb(File(folder, "q.db")).use { again ->
            val other = queueOn(again)
            val item = other.items().single()
            val (endpoint, body) = other.body(item)!!
            assertEquals(Outgoing.UPDATE, endpoint)
            assertTrue("\"call_status\":\"connected\"" in body)
        }
    }

    @Test
    fun `results first, of each call only its oldest`() {
        queue.add(Outgoing.telemetry(1, JsonObject(emptyMap()), "t"))
        queue.add(Outgoing.logs(1, JsonObject(emptyMap()), "l"))
        queue.add(Outgoing.heartbeat(1, JsonObject(emptyMap())))
        queue.add(result("r1", "c1"))
        pass(5)
        queue.add(result("r2", "c1"))
        queue.add(Outgoing.note(1, JsonObject(emptyMap()), "n", "c1"))
        queue.add(result("r3", "c2"))
        queue.add(result("foreign", "c9", user = 2))
        assertEquals(listOf("r1", "r3", "heartbeat", "logs:l", "telemetry:t"), due())
        queue.delete(queue.items().first { it.dedupeKey == "r1" })
        assertEquals("r2", due().first())
        assertEquals(listOf("foreign"), due(2))
    }

    @Test
    fun `what stands behind another of its call is not what is waited for`() {
        queue.add(result("r1", "c1"))
        queue.keep(queue.items().first().copy(attempts = 1, nextAt = now.wall + 5_000, lastCode = 503))
        queue.add(Outgoing.note(1, JsonObject(emptyMap()), "n", queue.orderKey("r1")!!))
        assertEquals(now.wall + 5_000, queue.soonest(1))
        assertEquals(emptyList<String>(), due())
        queue.add(result("r2", "c2"))
        assertEquals(0L, queue.soonest(1))
        assertNull(queue.soonest(2) ?: queue.orderKey("nobody"))
    }

    @Test
    fun `an item that waits holds back only its own call`() {
        queue.add(result("r1", "c1"))
        queue.add(result("r2", "c1"))
        queue.add(result("r3", "c2"))
        val first = queue.items().first()
        queue.keep(first.copy(attempts = 1, nextAt = now.wall + 5_000, lastCode = 503))
        assertEquals(listOf("r3"), due())
        assertEquals(0L, queue.soonest(1))
        pass(5_001)
        assertEquals(listOf("r1", "r3"), due())
        assertEquals(503, queue.items().first().lastCode)
    }

    @Test
    fun `a wall clock that jumps changes neither age nor patience`() {
        queue.add(result("r1"))
        now = now.copy(wall = now.wall + DAY_MS, elapsed = now.elapsed + 60_000)
        val item = queue.items().single()
        assertEquals(60_000, now.wall - item.createdAt)
        assertEquals(DAY_MS - 60_000, item.jumpMs)
        queue.keep(item.copy(nextAt = now.wall + 10_000))
        now = now.copy(wall = now.wall - DAY_MS)
        assertEquals(listOf("r1"), due())
        now = SqlQueue.Stamp(now.wall + 1_000, "b2", 5)
        assertEquals(0, queue.items().single().jumpMs)
    }

    @Test
    fun `ten thousand results are all kept, the others are capped`() {
        db.transaction {
            repeat(10_000) { queue.add(result("r$it", "c${it % 3_000}")) }
        }
        repeat(60) { queue.add(Outgoing.logs(1, JsonObject(emptyMap()), "$it")) }
        repeat(3) { queue.add(Outgoing.heartbeat(1, JsonObject(emptyMap()))) }
        val kept = queue.items().groupingBy { it.type }.eachCount()
        assertEquals(mapOf(QueueType.CALL_UPDATE to 10_000, QueueType.LOG_BUNDLE to 50, QueueType.HEARTBEAT to 1), kept)
        val first = queue.due(1, 64)
        assertEquals(64, first.size)
        assertEquals(64, first.map { it.orderKey }.toSet().size)
        assertEquals(listOf(Triple(1L, QueueState.READY, 10_000)), queue.results())
    }

    @Test
    fun `held, released, dead, revived`() {
        queue.add(result("r1"))
        queue.add(result("r2", user = 2))
        queue.hold()
        assertEquals(emptyList<String>(), due() + due(2))
        queue.release(1)
        assertEquals(listOf("r1") to emptyList<String>(), due() to due(2))
        queue.keep(queue.items().first().copy(state = QueueState.DEAD, attempts = 3))
        assertEquals(emptyList<String>(), due())
        queue.revive(1)
        assertEquals(listOf("r1"), due())
        queue.keep(queue.items().first().copy(state = QueueState.DEAD))
        pass(91 * DAY_MS)
        queue.prune()
        assertEquals(listOf("r2"), queue.items().map { it.dedupeKey })
    }

    @Test
    fun `another key opens nothing`() {
        queue.add(result("r1"))
        key = 1
        assertNull(queue.body(queue.items().single()))
    }
}
