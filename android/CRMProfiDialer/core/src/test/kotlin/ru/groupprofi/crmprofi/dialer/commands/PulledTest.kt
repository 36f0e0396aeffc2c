package ru.groupprofi.crmprofi.dialer.commands

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

private const val NUMBER = "+79220001246"

/** Commands that a poll brings, commands that come again, taps while nobody hears them. */
class PulledTest {
    private val world = World()
    private val desk = CommandDesk(world, 1)

    private fun stage(id: String = "c1") = world.rows[id]?.stage

    private fun rejects() = world.said.filterIsInstance<ClientFrame.Reject>().map { it.reason }

    private fun pull(id: String = "c1", lease: String = "p1", number: String = NUMBER) =
        desk.pulled(offer(id, number, ttlMs = 5_000), lease, 5_000, world.now)

    private fun pass(ms: Long) {
        world.now += ms
        desk.tick()
    }

    @Test
    fun `a claim that nobody answered is dialled by the poll, once`() {
        desk.offered(offer("c1"))
        assertEquals(CallStage.CLAIMING, stage())
        world.now += 7_000
        pull()
        assertEquals(listOf(NUMBER) to "p1", world.placed to world.rows.getValue("c1").lease)
        pull(lease = "p2")
        desk.granted(ServerFrame.Go("c1", "l1", 5_000))
        assertEquals(1 to "p1", world.placed.size to world.rows.getValue("c1").lease)
    }

    @Test
    fun `a claim of the process before is dialled by the poll, and counts from the question`() {
        desk.offered(offer("c1"))
        world.boot = "boot-2"
        val again = CommandDesk(world, 1)
        again.pulled(offer("c1"), "p1", 5_000, world.now - 5_001)
        assertEquals(CallStage.STALE to listOf(RejectReason.STALE), stage() to rejects())
        desk.offered(offer("c2"))
        again.pulled(offer("c2"), "p2", 5_000, world.now)
        assertEquals(listOf(NUMBER), world.placed)
    }

    @Test
    fun `what is void stays void, and the server hears it again`() {
        desk.offered(offer("c1"))
        desk.refused(ServerFrame.No("c1", "taken"))
        pull()
        desk.offered(offer("c1"))
        assertEquals(listOf(RejectReason.STALE, RejectReason.STALE), rejects())
        assertTrue(world.placed.isEmpty())
    }

    @Test
    fun `a command that comes again after its claim was lost is refused aloud`() {
        desk.offered(offer("c1"))
        world.now += 10_000
        desk.offered(offer("c1"))
        assertEquals(CallStage.STALE to listOf(RejectReason.STALE), stage() to rejects())
    }

    @Test
    fun `the policy to ask holds for polls too`() {
        desk.policy = DialPolicy.ASK
        pull()
        assertEquals(false to null, world.prompts["c1"] to stage())
        world.now += 3_000
        desk.tapped("c1")
        assertEquals(listOf(NUMBER), world.placed)
        val row = world.rows.getValue("c1")
        assertEquals(
            Triple(ActionSource.NOTIFICATION, "p1", CallStage.DIALING),
            Triple(row.source, row.lease, row.stage),
        )
        assertTrue(world.prompts.isEmpty())
        pull("c2", number = "12345")
        pass(5_001)
        assertEquals(listOf(RejectReason.STALE) to DeskNotice.NOT_DIALED, rejects() to world.notices.last())
        pull("c3")
        desk.dropOffers()
        assertEquals(listOf(RejectReason.STALE, RejectReason.USER), rejects())
        assertEquals(3, world.asked)
        world.canDial = false
        pull("c4")
        assertEquals(RejectReason.NO_PERMISSION, rejects().last())
        assertEquals(1 to emptyMap<String, Boolean>(), world.placed.size to world.prompts)
    }

    @Test
    fun `a command that is told again while it is asked about asks once, and one that was declined never again`() {
        desk.policy = DialPolicy.ASK
        repeat(5) {
            pull()
            world.now += 900
        }
        assertEquals(1, world.asked)
        desk.declined("c1")
        assertEquals(CallStage.STALE to listOf(RejectReason.USER), stage() to rejects())
        pull()
        desk.tapped("c1")
        assertEquals(1 to emptyList<String>(), world.asked to world.placed)
        assertEquals(RejectReason.STALE, rejects().last())
    }

    @Test
    fun `a tap without a connection keeps the offer and says so`() {
        desk.policy = DialPolicy.ASK
        desk.offered(offer("c1"))
        world.online = false
        desk.tapped("c1")
        assertEquals(listOf(DeskNotice.OFFLINE), world.notices)
        assertEquals(2, world.asked, "the card that was tapped is gone: it is shown anew")
        assertTrue("c1" in world.prompts && world.rows.isEmpty())
        world.online = true
        desk.tapped("c1")
        assertTrue(ClientFrame.Claim("c1") in world.said)
        assertFalse("c1" in world.prompts)
    }

    @Test
    fun `a right to dial that could not be written as void holds nobody up`() {
        world.line = false
        desk.offered(offer("c1"))
        val granted = world.rows.getValue("c1").copy(stage = CallStage.GRANTED, lease = "l1", withinMs = 5_000)
        world.rows["c1"] = granted
        assertTrue(desk.isBusy)
        world.canWriteDisk = false
        desk.tick()
        assertTrue(desk.isBusy)
        world.canWriteDisk = true
        pass(60_000)
        assertFalse(desk.isBusy)
        assertEquals(CallStage.STALE to RejectReason.STALE, stage() to rejects().last())
    }

    @Test
    fun `what came in the way between the two writes is told as what it is`() {
        desk.offered(offer("c1"))
        world.onWrite = { if (it.stage == CallStage.GRANTED) world.line = true }
        desk.granted(ServerFrame.Go("c1", "l1", 5_000))
        assertEquals(listOf(RejectReason.BUSY), rejects())
        assertTrue(world.notices.isEmpty() && world.placed.isEmpty())
    }

    @Test
    fun `a claim of somebody else is not repeated in one's own name`() {
        desk.offered(offer("c1"))
        CommandDesk(world, 2).recover()
        assertEquals(1, world.said.count { it == ClientFrame.Claim("c1") })
        assertEquals(CallStage.STALE, stage())
    }
}
