package ru.groupprofi.crmprofi.dialer.session

import kotlin.random.Random

/** The moves that a step is made of: sockets opened and dropped, waits, polls, tokens. [s] is the state so far. */
internal abstract class SessionMoves(
    protected var s: SessionState,
    protected val now: Long,
    private val random: Random,
) {
    /** What has to be done, in order. */
    protected val out = ArrayList<SessionEffect>()

    protected fun tokenEnds(inMs: Long) {
        s = s.copy(tokenEndsAt = now + inMs)
        out += SessionEffect.Wake(Timer.TOKEN, (inMs - TOKEN_EARLY_MS).coerceAtLeast(TOKEN_SOON_MS))
    }

    protected fun refresh(then: AfterRefresh) {
        val waits = s.refreshing
        s = s.copy(refreshing = listOfNotNull(waits, then).min())
        if (waits == null) out += SessionEffect.RefreshToken
    }

    /** A new socket; the one before is closed and its events are stale. */
    protected fun connect() {
        if (!s.hasTokens || !s.isShiftOn) return
        if (s.isTooOld) return poll()
        drop()
        if (!s.hasNetwork) return wait(null)
        open()
        s = s.copy(
            place = Place.CONNECTING,
            isSynced = false,
            isReplaced = false,
            tryingSince = s.tryingSince ?: now,
        )
    }

    protected fun probe() {
        if (s.isTooOld || s.probe != null || !s.hasNetwork || !s.hasTokens) return
        open()
        s = s.copy(probe = Place.CONNECTING)
    }

    protected fun open() {
        s = s.copy(gen = s.gen + 1)
        out += SessionEffect.Open(s.gen)
        out += SessionEffect.Forget(Timer.BACKOFF)
        out += SessionEffect.Wake(Timer.CONNECT, CONNECT_MS)
    }

    /** Close the socket, if there is one; whatever it still says is stale. */
    protected fun drop() {
        val isOpen = s.place == Place.ONLINE || s.place in TRYING || s.probe != null
        if (!isOpen) return
        out += SessionEffect.Close(s.gen)
        for (timer in SOCKET_TIMERS) out += SessionEffect.Forget(timer)
        s = s.copy(gen = s.gen + 1, probe = null)
    }

    /** Backoff for [inMs]; with null only the network ends it. */
    protected fun wait(inMs: Long?) {
        drop()
        s = s.copy(place = Place.BACKOFF, isSynced = false)
        if (inMs == null) s = s.copy(hasRefreshed = false)
        if (inMs != null && s.hasNetwork) out += SessionEffect.Wake(Timer.BACKOFF, inMs)
    }

    protected fun poll() {
        drop()
        s = s.copy(place = Place.POLLING, isSynced = false, attempt = 0)
        startPolls()
        nextProbe()
    }

    protected fun nextProbe() {
        if (s.isTooOld) return
        out += SessionEffect.Wake(Timer.PROBE, PROBES_MS[s.probes.coerceAtMost(PROBES_MS.lastIndex)])
        s = s.copy(probes = s.probes + 1)
    }

    protected fun idle() {
        drop()
        stopPolls()
        out += SessionEffect.Forget(Timer.BACKOFF)
        s = s.copy(
            place = Place.IDLE,
            isSynced = false,
            hasRefreshed = false,
            failures = 0,
            attempt = 0,
            tryingSince = null,
        )
    }

    protected fun startPolls() {
        if (s.isPolling || !s.hasNetwork) return
        s = s.copy(isPolling = true)
        out += SessionEffect.StartPolls
    }

    protected fun pausePolls() {
        if (!s.isPolling) return
        s = s.copy(isPolling = false)
        out += SessionEffect.StopPolls
    }

    protected fun stopPolls() {
        pausePolls()
        out += SessionEffect.Forget(Timer.PROBE)
    }

    protected fun backoff(): Long {
        val ceiling = (BACKOFF_FIRST_MS shl s.attempt.coerceAtMost(MAX_SHIFT)).coerceAtMost(BACKOFF_MOST_MS)
        s = s.copy(attempt = s.attempt + 1)
        return random.nextLong(ceiling + 1)
    }

    protected companion object {
        const val CONNECT_MS = 15_000L
        const val BACKOFF_FIRST_MS = 500L
        const val BACKOFF_MOST_MS = 20_000L
        const val MAX_SHIFT = 10
        const val TOKEN_EARLY_MS = 600_000L
        const val TOKEN_SOON_MS = 1_000L
        val PROBES_MS = listOf(60_000L, 120_000L, 300_000L)
        val TRYING = setOf(Place.CONNECTING, Place.AUTHENTICATING)
        val SOCKET_TIMERS =
            listOf(Timer.CONNECT, Timer.AUTH, Timer.SYNCED, Timer.SILENCE, Timer.STABLE, Timer.NETWORK_GONE)
    }
}
