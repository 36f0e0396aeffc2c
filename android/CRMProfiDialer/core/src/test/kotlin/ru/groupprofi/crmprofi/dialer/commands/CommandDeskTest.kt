package ru.groupprofi.crmprofi.dialer.commands

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import kotlin.random.Random

private const val NUMBER = "+79220001246"

class CommandDeskTest {
    private val world = World()
    private val desk = CommandDesk(world, 1)

    private fun stage(id: String = "c1") = world.rows[id]?.stage

    private fun rejects() = world.said.filterIsInstance<ClientFrame.Reject>().map { it.reason }

    private fun go(id: String = "c1", lease: String = "l1") = desk.granted(ServerFrame.Go(id, lease, 5_000))

    private fun dialed() {
        desk.offered(offer("c1"))
        go()
    }

    private fun pass(ms: Long) {
        world.now += ms
        desk.tick()
    }

    @Test
    fun `from the offer to the result`() {
        desk.offered(offer("c1"))
        assertEquals(CallStage.CLAIMING, stage())
        assertTrue(ClientFrame.Claim("c1") in world.said)
        go()
        assertEquals(listOf(NUMBER) to CallStage.DIALING, world.placed to stage())
        world.line = true
        desk.offHook()
        assertEquals(CallStage.PLACED, stage())
        world.now += 30_000
        world.hangUp(NUMBER, 20, dialedAt = world.now - 29_000)
        desk.idle()
        val (reportId, result) = world.results.single()
        assertEquals(CallStatus.CONNECTED to 20, result.callStatus to result.callDurationSeconds)
        assertEquals(ResolveMethod.OBSERVER to ActionSource.CRM_UI, result.resolveMethod to result.actionSource)
        assertEquals(CallStage.RESOLVED, stage())
        assertEquals(listOf("c1"), world.finished.toList())
        desk.acked(reportId)
        assertEquals(CallStage.DONE, stage())
        val phases = world.said.filterIsInstance<ClientFrame.State>().map { it.phase.word to it.lease }
        assertEquals(listOf("received" to null, "dialing" to "l1", "ended" to "l1"), phases)
    }

    @Test
    fun `an id is dialled once, whatever comes again`() {
        dialed()
        go()
        go(lease = "l2")
        desk.offered(offer("c1"))
        desk.pulled(offer("c1"), "l3", 5_000, world.now)
        assertEquals(1, world.placed.size)
        assertEquals("l1", world.rows.getValue("c1").lease)
    }

    @Test
    fun `a go for an unknown id, a late one, one of another boot are void`() {
        go("nobody")
        desk.offered(offer("c1"))
        world.now += 5_001
        go()
        assertEquals(listOf(RejectReason.STALE) to CallStage.STALE, rejects() to stage())
        desk.offered(offer("c2"))
        world.boot = "boot-2"
        go("c2")
        assertEquals(CallStage.STALE, stage("c2"))
        assertTrue(world.placed.isEmpty())
    }

    @Test
    fun `revoked before dialling is refused, afterwards ignored`() {
        desk.offered(offer("c1"))
        desk.revoked(ServerFrame.Revoke("c1", "cancelled"))
        go()
        assertTrue(world.placed.isEmpty())
        assertEquals(listOf(RejectReason.STALE), rejects())
        desk.offered(offer("c2"))
        go("c2")
        desk.revoked(ServerFrame.Revoke("c2", "cancelled"))
        assertEquals(CallStage.DIALING, stage("c2"))
    }

    @Test
    fun `a refused claim is over`() {
        desk.offered(offer("c1"))
        desk.refused(ServerFrame.No("c1", "taken"))
        go()
        assertEquals(CallStage.STALE to 0, stage() to world.placed.size)
    }

    @Test
    fun `an unsafe number is never dialled by itself`() {
        for ((n, number) in listOf("*#06#", "112", "tel:+79220001246", "abc").withIndex()) {
            desk.offered(offer("c$n", number))
            desk.pulled(offer("p$n", number), "l", 5_000, world.now)
        }
        assertTrue(world.placed.isEmpty())
        assertEquals(setOf(RejectReason.USER), rejects().toSet())
        desk.offered(offer("short", "12345"))
        assertEquals(mapOf("short" to false), world.prompts, "a short number is shown in full and asked")
        desk.tapped("short")
        go("short")
        assertEquals(listOf("12345"), world.placed)
    }

    @Test
    fun `a busy line, a missing permission, the policy to ask`() {
        world.line = true
        desk.offered(offer("busy"))
        assertEquals(listOf(RejectReason.BUSY), rejects())
        world.line = false
        world.canDial = false
        desk.offered(offer("hand", ttlMs = 10_000))
        assertEquals(true, world.prompts["hand"])
        pass(10_001)
        assertEquals(listOf(RejectReason.BUSY, RejectReason.NO_PERMISSION), rejects())
        assertTrue(world.prompts.isEmpty())
        world.canDial = true
        desk.policy = DialPolicy.ASK
        desk.offered(offer("ask"))
        assertEquals(null to false, stage("ask") to world.prompts["ask"])
        desk.tapped("ask")
        go("ask")
        assertEquals(ActionSource.NOTIFICATION, world.rows.getValue("ask").source)
        assertEquals(1, world.placed.size)
    }

    @Test
    fun `a tap after the time is over, or by nobody, claims nothing`() {
        desk.policy = DialPolicy.ASK
        desk.offered(offer("c1", ttlMs = 5_000))
        world.now += 5_001
        desk.tapped("c1")
        desk.tapped("c9")
        desk.offered(offer("c2", ttlMs = 0))
        assertTrue(world.rows.isEmpty() && world.prompts.isEmpty())
        desk.offered(offer("c3"))
        desk.dropOffers()
        desk.tapped("c3")
        assertTrue(world.rows.isEmpty())
    }

    @Test
    fun `a thousand offers keep the newest twenty`() {
        desk.policy = DialPolicy.ASK
        repeat(1_000) { desk.offered(offer("c$it")) }
        assertEquals((980..999).map { "c$it" }, world.prompts.keys.toList())
    }

    @Test
    fun `a disk that cannot be written means no call`() {
        world.canWriteDisk = false
        desk.offered(offer("c1"))
        desk.pulled(offer("c2"), "l", 5_000, world.now)
        assertTrue(world.placed.isEmpty())
        assertEquals(listOf(RejectReason.STALE, RejectReason.STALE), rejects())
        assertEquals(DeskNotice.MEMORY_FULL, world.notices.first())
    }

    @Test
    fun `a line that never became busy was not dialled, a later row is reported all the same`() {
        dialed()
        pass(8_000)
        assertEquals(CallStage.STALE to listOf(RejectReason.STALE), stage() to rejects())
        world.hangUp(NUMBER, 7, dialedAt = world.now - 7_000)
        pass(60_000)
        assertEquals(CallStatus.CONNECTED, world.results.single().second.callStatus)
    }

    @Test
    fun `a row of the log that came while no process was alive corrects at the next start`() {
        dialed()
        pass(8_000)
        assertEquals(CallStage.STALE, stage())
        world.hangUp(NUMBER, 7, dialedAt = world.now - 7_000)
        CommandDesk(world, 1).recover()
        assertEquals(CallStatus.CONNECTED, world.results.single().second.callStatus)
    }

    @Test
    fun `a system that refuses at once was not dialled`() {
        world.placesWell = false
        dialed()
        assertEquals(CallStage.STALE to listOf(RejectReason.STALE), stage() to rejects())
    }

    @Test
    fun `retries at 5, 10 and 15 seconds after the end, then unknown, and a late correction`() {
        dialed()
        world.line = true
        desk.offHook()
        world.now += 600_000
        world.line = false
        desk.idle()
        pass(4_999)
        assertEquals(0 to CallStage.RESOLVING, world.results.size to stage())
        pass(5_001)
        pass(5_000)
        val unknown = world.results.single().second
        assertEquals(CallStatus.UNKNOWN to ResolveMethod.RETRY, unknown.callStatus to unknown.resolveMethod)
        assertEquals(3, unknown.attemptsCount)
        world.hangUp(NUMBER, 590, dialedAt = world.rows.getValue("c1").dialedAt + 500)
        desk.logChanged()
        val (first, second) = world.results
        assertEquals(CallStatus.CONNECTED to 590, second.second.callStatus to second.second.callDurationSeconds)
        assertFalse(first.first == second.first, "a correction is a report of its own")
        desk.logChanged()
        pass(60_000)
        assertEquals(2, world.results.size)
    }

    @Test
    fun `a row at the second look is a retry`() {
        dialed()
        world.line = true
        desk.offHook()
        world.line = false
        desk.idle()
        pass(5_000)
        world.hangUp(NUMBER, 0)
        pass(5_000)
        val result = world.results.single().second
        assertEquals(
            listOf(CallStatus.NO_ANSWER, ResolveMethod.RETRY, 2),
            listOf(result.callStatus, result.resolveMethod, result.attemptsCount),
        )
    }

    @Test
    fun `a call log that may not be read is unknown`() {
        world.canReadLog = false
        dialed()
        world.line = true
        desk.offHook()
        world.line = false
        desk.idle()
        assertEquals(ResolveMethod.UNKNOWN, world.results.single().second.resolveMethod)
    }

    @Test
    fun `where the line cannot be seen the log is looked at from the dialling on`() {
        world.observes = false
        dialed()
        pass(15_000)
        assertEquals(CallStatus.UNKNOWN, world.results.single().second.callStatus)
        world.hangUp(NUMBER, 300, dialedAt = world.rows.getValue("c1").dialedAt)
        pass(300_000)
        assertEquals(CallStatus.CONNECTED, world.results.last().second.callStatus)
    }

    @Test
    fun `a call of more than four hours is unknown`() {
        dialed()
        world.line = true
        desk.offHook()
        pass(4 * 3_600_000L)
        assertEquals(CallStatus.UNKNOWN, world.results.single().second.callStatus)
    }

    @Test
    fun `a claim is repeated for ten seconds within one boot`() {
        desk.offered(offer("c1"))
        world.now += 9_999
        CommandDesk(world, 1).recover()
        desk.offered(offer("c1"))
        assertEquals(3, world.said.count { it == ClientFrame.Claim("c1") })
        world.now += 1
        CommandDesk(world, 1).recover()
        assertEquals(CallStage.STALE, stage())
    }

    @Test
    fun `killed at any step, nothing is dialled twice and no dialled call goes without a result`() {
        repeat(3_000) { seed ->
            val random = Random(seed)
            val world = World().also { it.observes = random.nextInt(4) != 0 }
            var desk = CommandDesk(world, 1)
            fun alive(act: () -> Unit) {
                try {
                    act()
                } catch (_: Killed) {
                    world.actsLeft = -1
                    if (random.nextInt(6) == 0) {
                        world.boot = "boot-${random.nextInt(1_000)}"
                        world.line = false
                    }
                    world.now += random.nextLong(15_000)
                    desk = CommandDesk(world, 1)
                    desk.recover()
                }
            }
            world.actsLeft = random.nextInt(12)
            val deadline = HashMap<String, Long>()
            repeat(40) {
                val id = "c${random.nextInt(3)}"
                alive {
                    val before = world.placed.size
                    when (random.nextInt(10)) {
                        0, 1 -> desk.offered(offer(id, "+7922000124${id.last()}"))
                        2, 3 -> desk.granted(ServerFrame.Go(id, "l", 5_000))
                        4 -> desk.pulled(offer(id, "+7922000124${id.last()}"), "l", 5_000, world.now)
                        5 -> desk.revoked(ServerFrame.Revoke(id, "cancelled"))
                        6 -> {
                            val dialing = world.rows.values.firstOrNull { it.stage == CallStage.DIALING }
                            if (dialing != null && random.nextBoolean()) {
                                world.line = true
                                desk.offHook()
                            }
                        }
                        7 -> if (world.line) {
                            val row = world.rows.values.firstOrNull { it.stage == CallStage.PLACED }
                            world.line = false
                            if (row != null && random.nextInt(3) != 0) world.hangUp(row.number, 5, row.dialedAt)
                            desk.idle()
                        }
                        8 -> desk.tick()
                        else -> world.results.randomOrNull(random)?.let { desk.acked(it.first) }
                    }
                    assertTrue(world.placed.size - before <= 1)
                }
                if (random.nextInt(8) == 0) world.actsLeft = random.nextInt(12)
                world.now += random.nextLong(4_000)
                deadline[id] = world.now
            }
            world.actsLeft = -1
            world.line = false
            desk.idle()
            repeat(8) {
                world.now += 5_000
                desk.tick()
            }
            val twice = world.placed.groupingBy { it }.eachCount().filterValues { it > 1 }
            assertEquals(emptyMap<String, Int>(), twice, "seed $seed")
            for (row in world.rows.values.filter { it.number in world.placed }) {
                val told = world.results.any { it.second.callRequestId == row.callId }
                assertTrue(told || row.stage == CallStage.STALE, "seed $seed: $row")
            }
            assertTrue(world.rows.values.all { it.stage.isOver }, "seed $seed: ${world.rows}")
        }
    }

    @Test
    fun `rows of others in the log are nobody's result`() {
        dialed()
        world.line = true
        desk.offHook()
        world.logRows += CallLogRow(50, "+79220005555", 2, World.WALL + world.now, 9)
        world.line = false
        desk.idle()
        assertTrue(world.results.isEmpty())
    }

    @Test
    fun `a call whose end was not heard ends with its row`() {
        dialed()
        world.line = true
        desk.offHook()
        world.now += 9_000
        world.hangUp(NUMBER, 4, dialedAt = world.now - 9_000)
        desk.logChanged()
        assertEquals(CallStatus.CONNECTED, world.results.single().second.callStatus)
    }

    @Test
    fun `a result that the disk does not take is tried again`() {
        dialed()
        world.line = true
        desk.offHook()
        world.hangUp(NUMBER, 4)
        desk.idle().also { world.results.clear() }
        desk.offered(offer("c2"))
        go("c2")
        world.line = true
        desk.offHook()
        world.now += 1_000
        world.hangUp(NUMBER, 5)
        world.canWriteDisk = false
        desk.idle()
        pass(16_000)
        assertTrue(DeskNotice.MEMORY_FULL in world.notices)
        assertEquals(emptyList<Any>(), world.results.toList())
        world.canWriteDisk = true
        pass(60_000)
        assertEquals(5, world.results.single().second.callDurationSeconds)
    }

    @Test
    fun `from the history`() {
        assertEquals(Redial.UNSAFE, desk.redial("h1", "112", ""))
        world.canDial = false
        assertEquals(Redial.NO_PERMISSION, desk.redial("h1", NUMBER, ""))
        world.canDial = true
        world.placesWell = false
        assertEquals(Redial.FAILED, desk.redial("h1", NUMBER, ""))
        world.placesWell = true
        assertEquals(Redial.PLACED, desk.redial("h2", NUMBER, "c0"))
        assertEquals(Redial.BUSY, desk.redial("h3", NUMBER, ""))
        assertTrue(desk.isBusy)
        world.line = true
        desk.offHook()
        world.hangUp(NUMBER, 3)
        desk.idle()
        val (_, result) = world.results.single()
        assertEquals(Triple("c0", "h2", NUMBER), Triple(result.callRequestId, result.eventId, result.phone))
        assertEquals(ActionSource.HISTORY, result.actionSource)
        assertEquals(emptyList<ClientFrame>(), world.said.toList())
    }
}
