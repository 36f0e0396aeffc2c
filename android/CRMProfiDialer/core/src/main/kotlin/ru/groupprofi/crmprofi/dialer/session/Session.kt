package ru.groupprofi.crmprofi.dialer.session

import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import kotlin.random.Random

/** The connection with the server as a pure function: (state, event, now) → (state, effects). */
class Session(private val random: Random = Random.Default) {
    fun step(state: SessionState, event: SessionEvent, now: Long): Step = Turn(state, now).run(event)

    /** One step; `s` is the state so far, `out` what has to be done. */
    private inner class Turn(state: SessionState, now: Long) : SessionMoves(state, now, random) {
        fun run(event: SessionEvent): Step {
            when (event) {
                SessionEvent.Start -> start()
                is SessionEvent.Shift -> if (event.isOn) shiftOn() else shiftOff()
                SessionEvent.LoggedIn -> loggedIn()
                SessionEvent.LogOutAsked -> logOut()
                SessionEvent.Updated -> updated()
                SessionEvent.SafeModeEntered -> safeMode()
                SessionEvent.SafeModeLeft -> leaveSafeMode()
                is SessionEvent.Opened -> opened(event.gen)
                is SessionEvent.Heard -> if (event.gen == s.gen) heard(event.frame)
                is SessionEvent.Closed -> if (event.gen == s.gen) closed(event.code)
                SessionEvent.NetworkLost -> networkLost()
                SessionEvent.NetworkBack -> networkBack()
                is SessionEvent.Rang -> rang(event.timer)
                is SessionEvent.Refreshed -> refreshed(event.expiresInMs)
                SessionEvent.RefreshRefused -> if (s.refreshing != null) logOut()
                SessionEvent.RefreshFailed -> refreshFailed()
                SessionEvent.PollUnauthorized -> if (s.isPolling) refresh(AfterRefresh.NOTHING)
            }
            return Step(s, out)
        }

        // --- what people and the system do

        private fun start() {
            when (s.place) {
                Place.IDLE, Place.BACKOFF -> connect()
                Place.POLLING -> probe()
                else -> Unit
            }
        }

        private fun shiftOn() {
            s = s.copy(isShiftOn = true)
            start()
        }

        private fun shiftOff() {
            s = s.copy(isShiftOn = false)
            if (s.place !in WORKING) return
            if (s.place == Place.ONLINE) out += SessionEffect.SayShiftOff
            out += SessionEffect.DropOffers
            idle()
        }

        private fun loggedIn() {
            // whoever was here before takes socket, polls and renewal along
            if (s.place in WORKING) {
                out += SessionEffect.DropOffers
                idle()
            }
            s = s.copy(hasTokens = true, refreshing = null, isReplaced = false)
            if (s.place == Place.LOGGED_OUT) s = s.copy(place = Place.IDLE)
            start()
        }

        private fun logOut() {
            drop()
            stopPolls()
            out += SessionEffect.DropOffers
            out += SessionEffect.WipeTokens
            val place = if (s.place == Place.SAFE_MODE) Place.SAFE_MODE else Place.LOGGED_OUT
            s = s.copy(place = place, hasTokens = false, refreshing = null, hasRefreshed = false)
        }

        private fun updated() {
            s = s.copy(isTooOld = false)
            if (s.place == Place.SAFE_MODE) leaveSafeMode() else start()
        }

        private fun safeMode() {
            drop()
            stopPolls()
            out += SessionEffect.DropOffers
            s = s.copy(place = Place.SAFE_MODE, refreshing = null)
        }

        private fun leaveSafeMode() {
            if (s.place != Place.SAFE_MODE) return
            s = s.copy(place = if (s.hasTokens) Place.IDLE else Place.LOGGED_OUT)
            start()
        }

        // --- the network

        private fun networkLost() {
            s = s.copy(hasNetwork = false)
            when (s.place) {
                Place.CONNECTING, Place.AUTHENTICATING -> wait(null)
                Place.ONLINE -> out += SessionEffect.Wake(Timer.NETWORK_GONE, NETWORK_GONE_MS)
                Place.BACKOFF -> out += SessionEffect.Forget(Timer.BACKOFF)
                Place.POLLING -> {
                    drop()
                    pausePolls()
                }
                else -> Unit
            }
        }

        private fun networkBack() {
            s = s.copy(hasNetwork = true)
            when (s.place) {
                Place.IDLE -> if (s.isReplaced) connect()
                Place.CONNECTING, Place.AUTHENTICATING, Place.ONLINE -> connect()
                Place.BACKOFF -> {
                    s = s.copy(attempt = 0)
                    connect()
                }
                Place.POLLING -> {
                    startPolls()
                    out += SessionEffect.PollNow
                    probe()
                }
                else -> Unit
            }
        }

        // --- the socket

        private fun opened(gen: Int) {
            val isWanted = gen == s.gen && (s.place == Place.CONNECTING || s.probe == Place.CONNECTING)
            if (!isWanted) {
                out += SessionEffect.Close(gen)
                return
            }
            out += SessionEffect.Forget(Timer.CONNECT)
            out += SessionEffect.SayAuth(gen)
            out += SessionEffect.Wake(Timer.AUTH, AUTH_MS)
            s = if (s.probe != null) s.copy(probe = Place.AUTHENTICATING) else s.copy(place = Place.AUTHENTICATING)
        }

        private fun heard(frame: ServerFrame) {
            val isGreeting = s.place == Place.AUTHENTICATING || s.probe == Place.AUTHENTICATING
            if (isGreeting) {
                when (frame) {
                    is ServerFrame.Hello -> hello(frame)
                    ServerFrame.Logout -> logOut()
                    else -> Unit
                }
                return
            }
            if (s.place != Place.ONLINE) return
            s = s.copy(heardAt = now)
            out += SessionEffect.Wake(Timer.SILENCE, s.silenceMs)
            when (frame) {
                is ServerFrame.Hello, is ServerFrame.Unknown, is ServerFrame.Broken -> Unit
                ServerFrame.Synced -> synced()
                ServerFrame.Logout -> logOut()
                is ServerFrame.Ping -> out += SessionEffect.SayPong(s.gen, frame.ts, null)
                is ServerFrame.Probe -> out += SessionEffect.SayPong(s.gen, null, frame.id)
                is ServerFrame.TokenExpiring -> refresh(AfterRefresh.SAY)
                is ServerFrame.Refreshed -> tokenEnds(frame.tokenExpiresInS * 1000)
                is ServerFrame.Drain -> leave(random.nextLong(frame.afterMs + 1))
                else -> out += SessionEffect.Handle(frame)
            }
        }

        private fun hello(frame: ServerFrame.Hello) {
            out += SessionEffect.Forget(Timer.AUTH)
            s = s.copy(
                place = Place.ONLINE,
                probe = null,
                isSynced = false,
                hasRefreshed = false,
                heardAt = now,
                silenceMs = (frame.pingS + SILENCE_AFTER_PING_S) * 1000L,
            )
            out += SessionEffect.Handle(frame)
            out += SessionEffect.Wake(Timer.SYNCED, SYNCED_MS)
            out += SessionEffect.Wake(Timer.SILENCE, s.silenceMs)
            tokenEnds(frame.tokenExpiresInS * 1000)
        }

        private fun synced() {
            s = s.copy(isSynced = true, failures = 0, probes = 0, tryingSince = null)
            out += SessionEffect.Forget(Timer.SYNCED)
            stopPolls()
            out += SessionEffect.Settled
            out += SessionEffect.Wake(Timer.STABLE, STABLE_MS)
        }

        private fun closed(code: Int) {
            when {
                s.place == Place.ONLINE || s.place in TRYING || s.probe != null -> Unit
                else -> return
            }
            when {
                code == REVOKED -> logOut()
                code == TOO_OLD -> tooOld()
                code == REPLACED -> replaced()
                code == BAD_TOKEN || code == TOKEN_EXPIRED -> badToken()
                code in 4200..4299 && s.place == Place.ONLINE -> leave(random.nextLong(COMEBACK_MS))
                else -> lost()
            }
        }

        /** The socket is gone, or never came. */
        private fun lost() {
            drop()
            when (s.place) {
                Place.ONLINE -> {
                    s = s.copy(attempt = 0)
                    wait(backoff())
                }
                Place.POLLING -> nextProbe()
                else -> failed()
            }
        }

        private fun failed() {
            drop()
            if (s.place == Place.POLLING) return nextProbe()
            s = s.copy(failures = s.failures + 1)
            val tooLong = s.tryingSince?.let { now - it >= GIVE_UP_MS } ?: false
            if (s.failures >= GIVE_UP || tooLong) poll() else wait(backoff())
        }

        private fun badToken() {
            drop()
            // a token that has ended since its renewal is no refusal
            if (s.hasRefreshed && now < s.tokenEndsAt) return logOut()
            if (s.place != Place.POLLING) s = s.copy(place = Place.CONNECTING, isSynced = false)
            refresh(AfterRefresh.CONNECT)
        }

        private fun tooOld() {
            drop()
            s = s.copy(isTooOld = true)
            poll()
        }

        private fun replaced() {
            idle()
            s = s.copy(isReplaced = true)
        }

        /** Asked to come back after [inMs]. */
        private fun leave(inMs: Long) {
            drop()
            wait(inMs)
        }

        // --- tokens

        private fun refreshed(expiresInMs: Long) {
            val then = s.refreshing ?: return
            s = s.copy(refreshing = null)
            tokenEnds(expiresInMs)
            when {
                then == AfterRefresh.CONNECT && s.place == Place.POLLING -> {
                    s = s.copy(hasRefreshed = true)
                    probe()
                }
                then == AfterRefresh.CONNECT && s.place == Place.CONNECTING -> {
                    s = s.copy(hasRefreshed = true)
                    connect()
                }
                s.place == Place.ONLINE -> out += SessionEffect.SayRefresh(s.gen)
            }
        }

        private fun refreshFailed() {
            val then = s.refreshing ?: return
            s = s.copy(refreshing = null)
            when {
                then == AfterRefresh.CONNECT && s.place == Place.CONNECTING -> failed()
                s.place == Place.ONLINE -> {
                    if (now < s.tokenEndsAt) out += SessionEffect.Wake(Timer.REFRESH_AGAIN, REFRESH_AGAIN_MS)
                }
                s.place == Place.POLLING -> out += SessionEffect.Wake(Timer.REFRESH_AGAIN, REFRESH_AGAIN_MS)
            }
        }

        // --- timers

        private fun rang(timer: Timer) {
            when (timer) {
                Timer.CONNECT -> if (s.place == Place.CONNECTING || s.probe == Place.CONNECTING) lost()
                Timer.AUTH -> if (s.place == Place.AUTHENTICATING || s.probe == Place.AUTHENTICATING) lost()
                Timer.SYNCED -> if (s.place == Place.ONLINE && !s.isSynced) notSynced()
                Timer.SILENCE -> if (s.place == Place.ONLINE) silence()
                Timer.BACKOFF -> if (s.place == Place.BACKOFF && s.hasNetwork) connect()
                Timer.PROBE -> if (s.place == Place.POLLING && s.hasNetwork) probe()
                Timer.STABLE -> if (s.place == Place.ONLINE && s.isSynced) s = s.copy(attempt = 0)
                Timer.NETWORK_GONE -> if (s.place == Place.ONLINE && !s.hasNetwork) wait(null)
                Timer.TOKEN, Timer.REFRESH_AGAIN -> tokenTimer()
            }
        }

        private fun notSynced() {
            s = s.copy(place = Place.AUTHENTICATING)
            failed()
        }

        private fun silence() {
            val left = s.heardAt + s.silenceMs - now
            if (left > 0) out += SessionEffect.Wake(Timer.SILENCE, left) else connect()
        }

        private fun tokenTimer() {
            when (s.place) {
                Place.ONLINE -> refresh(AfterRefresh.SAY)
                Place.BACKOFF, Place.POLLING -> refresh(AfterRefresh.NOTHING)
                else -> Unit
            }
        }
    }

    companion object {
        const val BAD_TOKEN = 4001
        const val REVOKED = 4003
        const val TOO_OLD = 4008
        const val REPLACED = 4201
        const val TOKEN_EXPIRED = 4202
        private const val AUTH_MS = 10_000L
        private const val SYNCED_MS = 30_000L
        private const val STABLE_MS = 30_000L
        private const val GIVE_UP = 3
        private const val GIVE_UP_MS = 30_000L
        private const val COMEBACK_MS = 2_000L
        private const val NETWORK_GONE_MS = 3_000L
        private const val REFRESH_AGAIN_MS = 30_000L
        private const val SILENCE_AFTER_PING_S = 15
        private val WORKING =
            setOf(Place.CONNECTING, Place.AUTHENTICATING, Place.ONLINE, Place.BACKOFF, Place.POLLING)
    }
}
