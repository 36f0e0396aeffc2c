package ru.groupprofi.crmprofi.dialer.recovery

import ru.groupprofi.crmprofi.dialer.session.Told

/** What is known when somebody looks whether the dialer is alive. Times are milliseconds; null is «never». */
data class Liveness(
    val shouldRun: Boolean,
    val isServiceAlive: Boolean,
    val told: Told,
    val hasNetwork: Boolean,
    val sinceServerMs: Long?,
    /** How often in a row a restart was tried and did not help. */
    val tries: Int,
)

enum class Remedy {
    NOTHING,

    /** Another try to connect. */
    RECONNECT,

    /** The service has to be started anew. */
    RESTART,

    /** The system lets us start nothing: the person is asked, by a notification. */
    ASK_PERSON,
}

/** The ladder of recovery: looked at every fifteen minutes, at boot, at an update, when the network is back. */
object AutoRecovery {
    private const val SILENT_MS = 5 * 60_000L
    private const val TRIES = 3

    fun remedy(seen: Liveness): Remedy = when {
        !seen.shouldRun || seen.told in NEEDS_PERSON -> Remedy.NOTHING
        !seen.isServiceAlive -> if (seen.tries >= TRIES) Remedy.ASK_PERSON else Remedy.RESTART
        !seen.hasNetwork || seen.told == Told.ONLINE -> Remedy.NOTHING
        seen.sinceServerMs != null && seen.sinceServerMs < SILENT_MS -> Remedy.NOTHING
        else -> Remedy.RECONNECT
    }

    private val NEEDS_PERSON = setOf(Told.LOG_IN, Told.SHIFT_OFF, Told.SAFE_MODE, Told.REPLACED)
}
