package ru.groupprofi.crmprofi.dialer.recovery

import android.content.SharedPreferences
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

/** Looks whether the dialer is alive, and helps it up. */
class AutoRecoveryManager(private val store: SharedPreferences, private val hands: Hands) {
    interface Hands {
        val status: DialerStatus
        val isServiceWanted: Boolean
        val isServiceAlive: Boolean
        val hasNetwork: Boolean
        val sinceServerMs: Long?

        fun reconnect()

        /** False when the system did not let us. */
        fun restart(): Boolean

        fun askPerson()
    }

    fun look(): Remedy {
        val remedy = AutoRecovery.remedy(
            Liveness(
                shouldRun = hands.isServiceWanted,
                isServiceAlive = hands.isServiceAlive,
                told = known(hands.status),
                hasNetwork = hands.hasNetwork,
                sinceServerMs = hands.sinceServerMs,
                tries = store.getInt(TRIES, 0),
            ),
        )
        act(remedy)
        return remedy
    }

    /** The service runs: the count begins anew. */
    fun helped() = store.edit().remove(TRIES).apply()

    /** In a process that has just begun nothing is known yet, and that is no log-out. */
    private fun known(status: DialerStatus): Told =
        if (status.username.isEmpty() && status.told == Told.LOG_IN) Told.CONNECTING else status.told

    private fun act(remedy: Remedy) {
        when (remedy) {
            Remedy.NOTHING -> Unit
            Remedy.RECONNECT -> hands.reconnect()
            Remedy.RESTART -> {
                store.edit().putInt(TRIES, store.getInt(TRIES, 0) + 1).apply()
                if (!hands.restart()) hands.askPerson()
            }
            // the system may have changed its mind meanwhile
            Remedy.ASK_PERSON -> if (!hands.restart()) hands.askPerson()
        }
    }

    private companion object {
        const val TRIES = "tries"
    }
}
