package ru.groupprofi.crmprofi.dialer.session

import kotlinx.serialization.json.JsonElement
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

/** Where the connection with the server stands. */
enum class Place { IDLE, CONNECTING, AUTHENTICATING, ONLINE, BACKOFF, POLLING, LOGGED_OUT, SAFE_MODE }

/** What the person reads, in plain words of the screen. */
enum class Told {
    SHIFT_OFF,
    CONNECTING,
    ONLINE,
    NO_NETWORK,
    POLLING,
    REPLACED,
    UPDATE_APP,
    LOG_IN,
    SAFE_MODE,
}

/** Timers; what must outlive doze is an alarm of the system, and a late alarm is only a late check. */
enum class Timer { CONNECT, AUTH, SYNCED, SILENCE, BACKOFF, PROBE, STABLE, NETWORK_GONE, TOKEN, REFRESH_AGAIN }

/** What goes on when a new access token is there; of two wishes the first one of these wins. */
enum class AfterRefresh { CONNECT, SAY, NOTHING }

/**
 * Everything that the session knows. Moments are milliseconds of the clock that runs on while the phone sleeps.
 * [gen] numbers sockets: events of an older one are stale. [probe] is a try of the socket beside the polls.
 */
data class SessionState(
    val place: Place = Place.IDLE,
    val gen: Int = 0,
    val probe: Place? = null,
    val probes: Int = 0,
    val attempt: Int = 0,
    val failures: Int = 0,
    val tryingSince: Long? = null,
    val isSynced: Boolean = false,
    val isPolling: Boolean = false,
    val hasTokens: Boolean = false,
    val isShiftOn: Boolean = true,
    val hasNetwork: Boolean = true,
    val isTooOld: Boolean = false,
    val isReplaced: Boolean = false,
    val refreshing: AfterRefresh? = null,
    /** A new access token was tried since the last `hello`: a second refusal is final. */
    val hasRefreshed: Boolean = false,
    val tokenEndsAt: Long = 0,
    val heardAt: Long = 0,
    val silenceMs: Long = 40_000,
) {
    val told: Told
        get() = when {
            place == Place.SAFE_MODE -> Told.SAFE_MODE
            place == Place.LOGGED_OUT || !hasTokens -> Told.LOG_IN
            isReplaced -> Told.REPLACED
            !isShiftOn -> Told.SHIFT_OFF
            isTooOld -> Told.UPDATE_APP
            !hasNetwork -> Told.NO_NETWORK
            place == Place.ONLINE && isSynced -> Told.ONLINE
            isPolling -> Told.POLLING
            else -> Told.CONNECTING
        }
}

sealed interface SessionEvent {
    /** Start of the process, boot, «Подключиться». */
    data object Start : SessionEvent

    data class Shift(val isOn: Boolean) : SessionEvent

    data object LoggedIn : SessionEvent

    data object LogOutAsked : SessionEvent

    /** A newer version was installed. */
    data object Updated : SessionEvent

    data object SafeModeEntered : SessionEvent

    data object SafeModeLeft : SessionEvent

    data class Opened(val gen: Int) : SessionEvent

    data class Heard(val gen: Int, val frame: ServerFrame) : SessionEvent

    /** [code] of the close frame; 1006 when there was none, or when no socket came about. */
    data class Closed(val gen: Int, val code: Int) : SessionEvent

    data object NetworkLost : SessionEvent

    /** There is a network again, or another one. */
    data object NetworkBack : SessionEvent

    data class Rang(val timer: Timer) : SessionEvent

    /** [expiresInMs] of the new access token. */
    data class Refreshed(val expiresInMs: Long) : SessionEvent

    /** 401 or 403. */
    data object RefreshRefused : SessionEvent

    /** No answer, or the server is away. */
    data object RefreshFailed : SessionEvent

    /** A poll was answered with 401. */
    data object PollUnauthorized : SessionEvent
}

sealed interface SessionEffect {
    data class Open(val gen: Int) : SessionEffect

    data class Close(val gen: Int, val code: Int = 1000) : SessionEffect

    /** The frame `auth` with the token and what the phone says of itself. */
    data class SayAuth(val gen: Int) : SessionEffect

    /** The frame `refresh` with the newer token. */
    data class SayRefresh(val gen: Int) : SessionEffect

    data class SayPong(val gen: Int, val ts: JsonElement?, val id: JsonElement?) : SessionEffect

    data class Wake(val timer: Timer, val inMs: Long) : SessionEffect

    data class Forget(val timer: Timer) : SessionEffect

    data object RefreshToken : SessionEffect

    data object WipeTokens : SessionEffect

    data object StartPolls : SessionEffect

    data object StopPolls : SessionEffect

    data object PollNow : SessionEffect

    /** Everything was told: flush the queue, send a heartbeat. */
    data object Settled : SessionEffect

    /** A frame for calls, notices, results. */
    data class Handle(val frame: ServerFrame) : SessionEffect

    /** Offers that nobody has answered are void; a call that goes on is followed to its result. */
    data object DropOffers : SessionEffect

    /** «не на смене»: the last heartbeat before silence. */
    data object SayShiftOff : SessionEffect
}

data class Step(val state: SessionState, val effects: List<SessionEffect>)
