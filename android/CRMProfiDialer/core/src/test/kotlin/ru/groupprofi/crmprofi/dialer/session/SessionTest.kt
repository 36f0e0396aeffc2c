package ru.groupprofi.crmprofi.dialer.session

import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import kotlin.random.Random

private val HELLO = ServerFrame.Hello(1, "s", 25, 10, "", 3_600)

/** A session that is driven by hand. */
private class Rig(start: SessionState = SessionState(hasTokens = true), seed: Int = 1) {
    val session = Session(Random(seed))
    var state = start
    var now = 1_000L
    val effects = ArrayList<SessionEffect>()
    val timers = HashMap<Timer, Long>()
    private val trail = ArrayDeque<String>()

    /** The last steps, for the message of a failure. */
    fun story() = trail.joinToString("\n", postfix = "\n$state $timers")

    fun on(event: SessionEvent): Rig {
        trail.addLast("$event from ${state.place} ${state.refreshing}")
        if (trail.size > 15) trail.removeFirst()
        val step = session.step(state, event, now)
        state = step.state
        effects.clear()
        effects += step.effects
        for (effect in step.effects) {
            if (effect is SessionEffect.Wake) timers[effect.timer] = now + effect.inMs
            if (effect is SessionEffect.Forget) timers.remove(effect.timer)
        }
        return this
    }

    fun ring(timer: Timer): Rig {
        now = maxOf(now, timers.remove(timer) ?: now)
        return on(SessionEvent.Rang(timer))
    }

    fun hear(frame: ServerFrame) = on(SessionEvent.Heard(state.gen, frame))

    fun close(code: Int) = on(SessionEvent.Closed(state.gen, code))

    fun online(): Rig {
        on(SessionEvent.Start).on(SessionEvent.Opened(state.gen))
        return hear(HELLO).hear(ServerFrame.Synced)
    }

    /** Three failures in a row. */
    fun polling(): Rig {
        on(SessionEvent.Start)
        repeat(2) { close(1006).ring(Timer.BACKOFF) }
        return close(1006)
    }

    inline fun <reified T : SessionEffect> has() = effects.any { it is T }

    fun wait(timer: Timer) = timers[timer]?.minus(now)
}

class SessionTest {
    @Test
    fun `whoever comes in takes nothing over from the one before`() {
        val starts = mapOf(
            "online" to Rig().online(),
            "a renewal is under way" to Rig().online().hear(ServerFrame.TokenExpiring(60)),
            "connecting" to Rig().on(SessionEvent.Start),
            "polling" to Rig().polling(),
            "the way back" to Rig().online().close(1006),
        )
        for ((what, rig) in starts) {
            val gen = rig.state.gen
            rig.on(SessionEvent.LoggedIn)
            assertEquals(Place.CONNECTING to null, rig.state.place to rig.state.refreshing, what)
            assertEquals(1, rig.effects.count { it is SessionEffect.Open }, what)
            if (what == "online") assertTrue(SessionEffect.Close(gen) in rig.effects)
            if (what == "polling") assertTrue(rig.has<SessionEffect.StopPolls>())
            assertTrue(SessionEffect.DropOffers in rig.effects, what)
            rig.on(SessionEvent.Refreshed(3_600_000))
            assertEquals(Place.CONNECTING, rig.state.place, "the renewal of the other one: $what")
        }
        assertEquals(Place.IDLE, Rig().on(SessionEvent.Shift(false)).on(SessionEvent.LoggedIn).state.place)
    }

    @Test
    fun `off shift and logged out nothing is left to be dialled, wherever the connection stands`() {
        for (rig in listOf(Rig().online(), Rig().polling(), Rig().online().close(1006))) {
            assertTrue(rig.on(SessionEvent.Shift(false)).has<SessionEffect.DropOffers>())
        }
        val out = Rig().polling().on(SessionEvent.LogOutAsked).effects
        assertTrue(out.indexOf(SessionEffect.DropOffers) in 0 until out.indexOf(SessionEffect.WipeTokens))
    }

    @Test
    fun `a renewed token that has merely ended is renewed again`() {
        val rig = Rig().online().close(4202).on(SessionEvent.Refreshed(3_600_000)).on(SessionEvent.NetworkLost)
        rig.now += 4_000_000
        rig.on(SessionEvent.NetworkBack).on(SessionEvent.Opened(rig.state.gen)).close(4202)
        assertTrue(rig.has<SessionEffect.RefreshToken>())
        rig.on(SessionEvent.Refreshed(3_600_000))
        rig.now += 3_600_001
        rig.on(SessionEvent.Opened(rig.state.gen)).close(4202)
        assertTrue(rig.has<SessionEffect.RefreshToken>())
        rig.on(SessionEvent.Refreshed(3_600_000)).on(SessionEvent.Opened(rig.state.gen)).close(4202)
        assertEquals(Place.LOGGED_OUT, rig.state.place)
    }

    @Test
    fun `from start to synced`() {
        val rig = Rig().on(SessionEvent.Start)
        assertEquals(Place.CONNECTING, rig.state.place)
        assertEquals(listOf(SessionEffect.Open(1)), rig.effects.filterIsInstance<SessionEffect.Open>())
        assertEquals(15_000L, rig.wait(Timer.CONNECT))
        rig.on(SessionEvent.Opened(1))
        assertTrue(SessionEffect.SayAuth(1) in rig.effects)
        assertEquals(10_000L, rig.wait(Timer.AUTH))
        rig.hear(ServerFrame.Synced)
        assertEquals(Place.AUTHENTICATING, rig.state.place, "nothing counts before hello")
        rig.hear(HELLO)
        assertEquals(Place.ONLINE to Told.CONNECTING, rig.state.place to rig.state.told)
        rig.hear(ServerFrame.Synced)
        assertTrue(rig.has<SessionEffect.Settled>())
        assertEquals(Told.ONLINE, rig.state.told)
        assertEquals(3_000_000L, rig.wait(Timer.TOKEN), "ten minutes before the token ends")
    }

    @Test
    fun `without tokens or off shift nothing opens`() {
        assertEquals(Place.IDLE, Rig(SessionState()).on(SessionEvent.Start).state.place)
        val off = Rig(SessionState(hasTokens = true, isShiftOn = false)).on(SessionEvent.Start)
        assertEquals(Place.IDLE to Told.SHIFT_OFF, off.state.place to off.state.told)
        assertEquals(Place.CONNECTING, off.on(SessionEvent.Shift(true)).state.place)
    }

    @Test
    fun `off shift closes with 1000, drops offers, and says so when it can`() {
        val rig = Rig().online().on(SessionEvent.Shift(false))
        assertEquals(Place.IDLE, rig.state.place)
        assertTrue(rig.has<SessionEffect.SayShiftOff>() && rig.has<SessionEffect.DropOffers>())
        assertEquals(1000, rig.effects.filterIsInstance<SessionEffect.Close>().single().code)
        assertTrue(Rig().polling().on(SessionEvent.Shift(false)).has<SessionEffect.StopPolls>())
        assertEquals(Place.BACKOFF, Rig().on(SessionEvent.Start).close(1006).state.place)
    }

    @Test
    fun `events of an older socket are stale, and a late socket is closed`() {
        val rig = Rig().online()
        val before = rig.state
        rig.on(SessionEvent.Closed(before.gen - 1, 1006)).on(SessionEvent.Heard(before.gen - 1, ServerFrame.Logout))
        assertEquals(before, rig.state)
        rig.on(SessionEvent.Shift(false)).on(SessionEvent.Opened(before.gen))
        assertTrue(SessionEffect.Close(before.gen) in rig.effects)
    }

    @Test
    fun `backoff doubles with full jitter below 20 s, and three failures mean polling`() {
        val ceilings = listOf(500L, 1_000L)
        repeat(50) { seed ->
            val rig = Rig(seed = seed).on(SessionEvent.Start)
            for (ceiling in ceilings) {
                rig.close(1006)
                assertTrue(rig.wait(Timer.BACKOFF)!! in 0..ceiling)
                rig.ring(Timer.BACKOFF)
            }
            rig.close(1006)
            assertEquals(Place.POLLING to Told.POLLING, rig.state.place to rig.state.told)
            assertTrue(rig.has<SessionEffect.StartPolls>())
        }
    }

    @Test
    fun `thirty seconds without synced mean polling too`() {
        val rig = Rig().on(SessionEvent.Start)
        rig.ring(Timer.CONNECT).ring(Timer.BACKOFF)
        rig.now += 20_000
        assertEquals(Place.POLLING, rig.ring(Timer.CONNECT).state.place)
        val deaf = Rig().on(SessionEvent.Start).on(SessionEvent.Opened(1)).hear(HELLO)
        assertEquals(Place.POLLING, deaf.ring(Timer.SYNCED).state.place)
    }

    @Test
    fun `polls go on beside the probe until everything is synced`() {
        val rig = Rig().polling()
        assertEquals(60_000L, rig.wait(Timer.PROBE))
        rig.ring(Timer.PROBE)
        assertEquals(Place.POLLING to Place.CONNECTING, rig.state.place to rig.state.probe)
        rig.close(1006)
        assertEquals(Place.POLLING to 120_000L, rig.state.place to rig.wait(Timer.PROBE))
        rig.ring(Timer.PROBE).on(SessionEvent.Opened(rig.state.gen))
        assertEquals(Place.AUTHENTICATING, rig.state.probe)
        rig.hear(HELLO)
        assertTrue(rig.state.isPolling && rig.state.place == Place.ONLINE)
        rig.hear(ServerFrame.Synced)
        assertTrue(rig.has<SessionEffect.StopPolls>() && !rig.state.isPolling)
        repeat(5) { rig.polling() }
    }

    @Test
    fun `a probe that hangs is over after its time`() {
        val rig = Rig().polling().ring(Timer.PROBE).ring(Timer.CONNECT)
        assertEquals(Place.POLLING to null, rig.state.place to rig.state.probe)
        rig.ring(Timer.PROBE).on(SessionEvent.Opened(rig.state.gen)).ring(Timer.AUTH)
        assertEquals(300_000L, rig.wait(Timer.PROBE))
    }

    @Test
    fun `ping and probe are answered, frames for others are handed on`() {
        val rig = Rig().online().hear(ServerFrame.Ping(JsonPrimitive(7)))
        assertTrue(SessionEffect.SayPong(rig.state.gen, JsonPrimitive(7), null) in rig.effects)
        rig.hear(ServerFrame.Probe(JsonPrimitive("p")))
        assertTrue(SessionEffect.SayPong(rig.state.gen, null, JsonPrimitive("p")) in rig.effects)
        val offer = ServerFrame.Offer("c", "+70005550101", "", "", "", "", 1)
        assertTrue(SessionEffect.Handle(offer) in rig.hear(offer).effects)
        assertFalse(rig.hear(ServerFrame.Unknown("hug")).has<SessionEffect.Handle>())
    }

    @Test
    fun `forty seconds of silence are a dead socket, every frame puts that off`() {
        val rig = Rig().online()
        rig.now += 39_000
        rig.hear(ServerFrame.Unknown("x"))
        rig.now += 39_000
        rig.on(SessionEvent.Rang(Timer.SILENCE))
        assertEquals(Place.ONLINE to 1_000L, rig.state.place to rig.wait(Timer.SILENCE))
        val gen = rig.state.gen
        assertEquals(Place.CONNECTING, rig.ring(Timer.SILENCE).state.place)
        assertTrue(SessionEffect.Close(gen) in rig.effects)
    }

    @Test
    fun `close codes of an open socket`() {
        val expected = mapOf(
            4003 to Place.LOGGED_OUT, 4008 to Place.POLLING, 4201 to Place.IDLE, 4001 to Place.CONNECTING,
            4202 to Place.CONNECTING, 4200 to Place.BACKOFF, 4277 to Place.BACKOFF, 4100 to Place.BACKOFF,
            4199 to Place.BACKOFF, 1006 to Place.BACKOFF, 1011 to Place.BACKOFF, 1000 to Place.BACKOFF,
        )
        for ((code, place) in expected) assertEquals(place, Rig().online().close(code).state.place, "$code")
        assertTrue(Rig().online().close(4200).wait(Timer.BACKOFF)!! <= 2_000)
    }

    @Test
    fun `drain comes back within its time`() {
        repeat(30) { seed ->
            val rig = Rig(seed = seed).online().hear(ServerFrame.Drain(7_500))
            assertEquals(Place.BACKOFF, rig.state.place)
            assertTrue(rig.wait(Timer.BACKOFF)!! in 0..7_500 && rig.has<SessionEffect.Close>())
        }
    }

    @Test
    fun `too old goes on by polling without probes until it is updated`() {
        val rig = Rig().on(SessionEvent.Start).on(SessionEvent.Opened(1)).close(4008)
        assertEquals(Place.POLLING to Told.UPDATE_APP, rig.state.place to rig.state.told)
        assertEquals(null, rig.wait(Timer.PROBE))
        assertFalse(rig.on(SessionEvent.Start).has<SessionEffect.Open>())
        assertTrue(rig.on(SessionEvent.Updated).has<SessionEffect.Open>())
    }

    @Test
    fun `replaced waits for the person or the network`() {
        val rig = Rig().online().close(4201)
        assertEquals(Told.REPLACED, rig.state.told)
        assertEquals(Place.CONNECTING, rig.on(SessionEvent.NetworkBack).state.place)
        assertEquals(Place.CONNECTING, Rig().online().close(4201).on(SessionEvent.Start).state.place)
    }

    @Test
    fun `a bad token is refreshed once`() {
        val rig = Rig().online().close(4001)
        assertTrue(rig.has<SessionEffect.RefreshToken>())
        rig.on(SessionEvent.Refreshed(3_600_000))
        assertEquals(Place.CONNECTING, rig.state.place)
        rig.on(SessionEvent.Opened(rig.state.gen)).close(4001)
        assertEquals(Place.LOGGED_OUT, rig.state.place)
        assertTrue(rig.has<SessionEffect.WipeTokens>())
        assertEquals(Place.LOGGED_OUT, Rig().online().close(4202).on(SessionEvent.RefreshRefused).state.place)
        assertEquals(Place.BACKOFF, Rig().online().close(4202).on(SessionEvent.RefreshFailed).state.place)
    }

    @Test
    fun `an expiring token is renewed on the open socket, and tried again while it lasts`() {
        val rig = Rig().online().ring(Timer.TOKEN)
        assertTrue(rig.has<SessionEffect.RefreshToken>())
        assertFalse(rig.hear(ServerFrame.TokenExpiring(120)).has<SessionEffect.RefreshToken>(), "one refresh at a time")
        rig.on(SessionEvent.RefreshFailed)
        assertEquals(30_000L, rig.wait(Timer.REFRESH_AGAIN))
        rig.ring(Timer.REFRESH_AGAIN).on(SessionEvent.Refreshed(3_600_000))
        assertTrue(SessionEffect.SayRefresh(rig.state.gen) in rig.effects)
        rig.hear(ServerFrame.Refreshed(3_600))
        assertEquals(3_000_000L, rig.wait(Timer.TOKEN))
    }

    @Test
    fun `a poll that is refused renews the token`() {
        val rig = Rig().polling().on(SessionEvent.PollUnauthorized)
        assertTrue(rig.has<SessionEffect.RefreshToken>())
        assertEquals(Place.POLLING, rig.on(SessionEvent.RefreshFailed).state.place)
        rig.ring(Timer.REFRESH_AGAIN).on(SessionEvent.Refreshed(3_600_000))
        assertEquals(Place.POLLING, rig.state.place)
        assertEquals(
            Place.LOGGED_OUT,
            rig.on(SessionEvent.PollUnauthorized).on(SessionEvent.RefreshRefused).state.place,
        )
    }

    @Test
    fun `without a network nothing is tried, and its return is used at once`() {
        val rig = Rig().on(SessionEvent.Start).on(SessionEvent.NetworkLost)
        assertEquals(Place.BACKOFF to Told.NO_NETWORK, rig.state.place to rig.state.told)
        assertEquals(null, rig.wait(Timer.BACKOFF))
        assertEquals(Place.CONNECTING, rig.on(SessionEvent.NetworkBack).state.place)
        val online = Rig().online().on(SessionEvent.NetworkLost)
        assertEquals(Place.ONLINE to 3_000L, online.state.place to online.wait(Timer.NETWORK_GONE))
        assertEquals(Place.BACKOFF, online.ring(Timer.NETWORK_GONE).state.place)
        val polling = Rig().polling().on(SessionEvent.NetworkLost)
        assertTrue(polling.has<SessionEffect.StopPolls>())
        polling.on(SessionEvent.NetworkBack)
        assertTrue(polling.has<SessionEffect.PollNow>() && polling.has<SessionEffect.Open>())
    }

    @Test
    fun `safe mode has no socket and no polls until it is left`() {
        val rig = Rig().online().on(SessionEvent.SafeModeEntered)
        assertEquals(Place.SAFE_MODE to Told.SAFE_MODE, rig.state.place to rig.state.told)
        assertFalse(rig.on(SessionEvent.Start).has<SessionEffect.Open>())
        assertFalse(rig.on(SessionEvent.NetworkBack).has<SessionEffect.Open>())
        assertEquals(Place.SAFE_MODE, rig.on(SessionEvent.LogOutAsked).state.place)
        assertEquals(Place.LOGGED_OUT, rig.on(SessionEvent.SafeModeLeft).state.place)
        assertEquals(Place.CONNECTING, rig.on(SessionEvent.LoggedIn).state.place)
        val updated = Rig().online().on(SessionEvent.SafeModeEntered).on(SessionEvent.Updated)
        assertEquals(Place.CONNECTING, updated.state.place)
    }

    @Test
    fun `random days keep the promises`() {
        repeat(400) { seed ->
            val random = Random(seed)
            val rig = Rig(SessionState(hasTokens = true), seed)
            var highest = 0
            repeat(200) {
                rig.now += random.nextLong(20_000)
                rig.on(anything(random, rig.state))
                for (open in rig.effects.filterIsInstance<SessionEffect.Open>()) {
                    assertTrue(open.gen > highest, "one live socket")
                    highest = open.gen
                }
                check(rig)
            }
        }
    }

    /** No token after log-out, no socket in safe mode, and something that goes on from every place. */
    private fun check(rig: Rig) {
        val s = rig.state
        val going = when (s.place) {
            Place.IDLE -> !s.hasTokens || !s.isShiftOn || s.isReplaced || s.gen == 0
            Place.CONNECTING -> s.refreshing != null || Timer.CONNECT in rig.timers
            Place.AUTHENTICATING -> Timer.AUTH in rig.timers
            Place.ONLINE -> Timer.SILENCE in rig.timers && (s.isSynced || Timer.SYNCED in rig.timers)
            Place.BACKOFF -> !s.hasNetwork || Timer.BACKOFF in rig.timers
            Place.POLLING -> s.isPolling || !s.hasNetwork
            Place.LOGGED_OUT -> !s.hasTokens && !s.isPolling
            Place.SAFE_MODE -> s.probe == null && !s.isPolling
        }
        assertTrue(going) { rig.story() }
        assertFalse(s.place == Place.LOGGED_OUT && s.hasTokens)
    }

    private fun anything(random: Random, s: SessionState): SessionEvent {
        val gen = if (random.nextInt(5) == 0) s.gen - 1 else s.gen
        val codes = listOf(1000, 1006, 1011, 4001, 4003, 4008, 4100, 4108, 4129, 4200, 4201, 4202, 4210)
        val frames = listOf(
            HELLO, HELLO, HELLO, ServerFrame.Synced, ServerFrame.Synced, ServerFrame.Ping(null),
            ServerFrame.Drain(100), ServerFrame.TokenExpiring(1), ServerFrame.Unknown("x"), ServerFrame.Broken("x"),
        )
        return when (random.nextInt(14)) {
            0 -> SessionEvent.Start
            1 -> SessionEvent.Shift(random.nextInt(4) != 0)
            2 -> if (random.nextInt(6) == 0) SessionEvent.LogOutAsked else SessionEvent.LoggedIn
            3 -> if (random.nextInt(6) == 0) SessionEvent.SafeModeEntered else SessionEvent.SafeModeLeft
            4 -> SessionEvent.Updated
            5, 6 -> SessionEvent.Opened(gen)
            7, 8 -> SessionEvent.Heard(gen, frames.random(random))
            9 -> SessionEvent.Closed(gen, codes.random(random))
            10 -> SessionEvent.NetworkLost
            11 -> SessionEvent.NetworkBack
            12 -> SessionEvent.Rang(Timer.entries.random(random))
            else -> listOf(
                SessionEvent.Refreshed(3_600_000),
                SessionEvent.RefreshFailed,
                SessionEvent.RefreshRefused,
                SessionEvent.PollUnauthorized,
            ).random(random)
        }
    }
}

class PollPaceTest {
    @Test
    fun `pace of the polls`() {
        val pace = PollPace(Random(1))
        assertEquals(1_000L, pace.next(200))
        repeat(10) { assertTrue(pace.next(204) in 1_000..3_000) }
        assertEquals(5_000L, pace.next(204))
        assertEquals(5_000L, pace.next(0))
        assertEquals(20_000L, pace.next(429))
        assertEquals(7_000L, pace.next(503, 7))
        assertEquals(1_000L, pace.next(200))
        assertTrue(pace.next(204) <= 3_000)
    }
}
