package ru.groupprofi.crmprofi.dialer.queue

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.random.Random

class QueuePolicyTest {
    private val policy = QueuePolicy(Random(1))
    private var ids = 0L
    private val minute = 60_000L

    private fun item(
        type: QueueType = QueueType.CALL_UPDATE,
        user: Long = 1,
        at: Long = 0,
        order: String = "",
        bytes: Int = 100,
    ) = QueueItem(++ids, user, type, "k$ids", at, bytes, order)

    @Test
    fun `results leave first, those of one call one after another`() {
        val items = listOf(
            item(QueueType.TELEMETRY),
            item(order = "c1", at = 5),
            item(order = "c1", at = 3),
            item(order = "c2", at = 4),
            item(QueueType.HEARTBEAT),
        )
        assertEquals(listOf(3L, 4L, 5L, 1L), policy.due(items, 1, 10).map { it.id })
        assertEquals(listOf(4L, 5L, 1L), policy.due(items, 1, 10, inFlight = setOf(3L)).map { it.id })
    }

    @Test
    fun `a result that waits holds back the later ones of its call`() {
        val items =
            listOf(item(order = "c1").copy(nextAt = 100), item(order = "c1", at = 1), item(order = "c2", at = 2))
        assertEquals(listOf(3L), policy.due(items, 1, 10).map { it.id })
    }

    @Test
    fun `rows of another person, held and dead ones stay`() {
        val items = listOf(item(user = 2), item().copy(state = QueueState.HELD), item().copy(state = QueueState.DEAD))
        assertEquals(emptyList<QueueItem>(), policy.due(items, 1, 10))
    }

    @Test
    fun `answers decide`() {
        val result = item()
        val telemetry = item(QueueType.TELEMETRY)
        assertEquals(Verdict.Delete, policy.answered(result, 200, 0))
        assertEquals(Verdict.Hold, policy.answered(result, 401, 0))
        assertEquals(Verdict.Hold, policy.answered(telemetry, 403, 0))
        val putOff = policy.putOff(result, 403, 1_000) as Verdict.Retry
        assertEquals(601_000L to 403, putOff.item.nextAt to putOff.item.lastCode)
        assertEquals(Verdict.Drop, policy.putOff(telemetry.copy(attempts = 19), 403, 0))
        assertEquals(Verdict.Dead, policy.answered(result, 400, 0))
        assertEquals(Verdict.Drop, policy.answered(telemetry, 400, 0))
        for (code in listOf(0, 408, 425, 500, 503)) {
            val again = policy.answered(result, code, 1_000) as Verdict.Retry
            assertEquals(1 to code, again.item.attempts to again.item.lastCode)
            assertTrue(again.item.nextAt in 5_000L..7_000L)
        }
        assertEquals(31_000L, (policy.answered(result, 429, 1_000, 30) as Verdict.Retry).item.nextAt)
        assertEquals(601_000L, (policy.answered(result, 429, 1_000, 9_999) as Verdict.Retry).item.nextAt)
        assertEquals(61_000L, (policy.answered(result, 429, 1_000) as Verdict.Retry).item.nextAt)
    }

    @Test
    fun `a result is tried for ever, others twenty times`() {
        var result = item()
        var tries = 0
        repeat(500) { result = (policy.answered(result, 503, 0) as Verdict.Retry).item }
        var telemetry: Verdict = Verdict.Retry(item(QueueType.TELEMETRY))
        while (telemetry is Verdict.Retry) {
            telemetry = policy.answered(telemetry.item, 0, 0)
            tries += 1
        }
        assertEquals(500, result.attempts)
        assertEquals(Verdict.Drop to 20, telemetry to tries)
    }

    @Test
    fun `patience grows to ten minutes and starts anew with the network`() {
        assertTrue((0..1_000).all { policy.waitMs(it) in 4_000..720_000 })
        assertTrue(policy.waitMs(100) >= 480_000)
        val tired = item().copy(attempts = 9, nextAt = 999_999)
        assertEquals(
            0 to 0L,
            policy.awake(listOf(tired, item(QueueType.TELEMETRY).copy(nextAt = 5))).single().let {
                it.attempts to
                    it.nextAt
            },
        )
    }

    @Test
    fun `caps drop telemetry first and a result never`() {
        val results = (1..2_000).map { item(at = -30 * 24 * 60 * minute, bytes = 10_000) }
        val old = item(QueueType.LOG_BUNDLE, at = -8 * 24 * 60 * minute)
        val beats = listOf(item(QueueType.HEARTBEAT), item(QueueType.HEARTBEAT))
        val logs = (1..55).map { item(QueueType.LOG_BUNDLE) }
        val gone = policy.surplus(results + old + beats + logs, 0)
        assertEquals(listOf(old) + beats.take(1) + logs.take(5), gone)
        assertFalse(gone.any { it.type == QueueType.CALL_UPDATE })
    }

    @Test
    fun `too many bytes cost telemetry before logs`() {
        val logs = (1..50).map { item(QueueType.LOG_BUNDLE, bytes = 100_000) }
        val telemetry = (1..10).map { item(QueueType.TELEMETRY, bytes = 100_000) }
        val gone = policy.surplus(logs + telemetry, 0)
        assertTrue(gone.take(8) == telemetry.take(8), "$gone")
        assertTrue((logs + telemetry - gone.toSet()).sumOf { it.bytes } <= 5 * 1024 * 1024)
    }

    @Test
    fun `random answers lose no result`() {
        val random = Random(3)
        val codes = listOf(0, 200, 400, 401, 403, 404, 408, 429, 500, 503)
        repeat(300) {
            val items = (1..20).associate { n -> item(order = "c${n % 4}").let { it.id to it } }.toMutableMap()
            val sent = HashSet<Long>()
            val kept = items.keys.toSet()
            repeat(200) {
                val next = policy.due(items.values.toList(), 1, Long.MAX_VALUE).firstOrNull() ?: return@repeat
                when (val verdict = policy.answered(next, codes.random(random), 0)) {
                    Verdict.Delete -> sent += items.remove(next.id)!!.id
                    Verdict.Dead -> items[next.id] = next.copy(state = QueueState.DEAD)
                    is Verdict.Retry -> items[next.id] = verdict.item
                    is Verdict.Hold -> Unit
                    Verdict.Drop -> error("a result was dropped")
                }
            }
            assertEquals(kept, sent + items.keys)
        }
    }

    @Test
    fun `health says what is stuck`() {
        val fresh = item(at = 0)
        assertFalse(policy.health(listOf(fresh), minute, hasNetwork = true).isStuck)
        assertTrue(policy.health(listOf(fresh), 11 * minute, hasNetwork = true).isStuck)
        assertFalse(policy.health(listOf(fresh), 11 * minute, hasNetwork = false).isStuck)
        val tried = policy.health(
            listOf(fresh.copy(attempts = 5), item(QueueType.TELEMETRY)),
            61 * minute,
            hasNetwork = false,
        )
        assertEquals(listOf(1L, 3660L), listOf(tried.stuckCount.toLong(), tried.oldestStuckAgeS))
        assertEquals(mapOf("call_update" to 1, "telemetry" to 1), tried.byType)
        assertTrue(tried.tellPerson)
        assertEquals(0, policy.health(emptyList(), 0, hasNetwork = true).stuckCount)
    }
}
