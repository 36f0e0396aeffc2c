package ru.groupprofi.crmprofi.dialer.service

import android.content.Context
import android.content.Intent
import android.content.SharedPreferences
import ru.groupprofi.crmprofi.dialer.AppState
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.logs.AppLogger
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

/** Has the service run exactly as long as calls may come: somebody is logged in and on shift. On the main thread. */
class ServiceKeeper(private val context: Context, private val store: SharedPreferences, private val log: AppLogger) {
    private val intent = Intent(context, CallListenerService::class.java)
    private var isAsked = false
    private var isForbidden = false

    var isRunning = false
        private set

    /** As the last process knew it, until this one knows more. */
    val isWanted: Boolean get() = store.getBoolean(WANTED, false)

    fun follow(status: DialerStatus) {
        // a key store that does not answer says nothing about the person: as it was before
        val wanted = if (status.isLocked) isWanted else status.told !in UNWANTED
        if (wanted != isWanted) {
            store.edit().putBoolean(WANTED, wanted).apply()
            isForbidden = false
        }
        if (!wanted) return stop()
        val mayTry = !isForbidden || AppState.isForeground
        if (!isRunning && !isAsked && mayTry) start()
    }

    /** False when the system did not let us. */
    fun start(): Boolean = try {
        Android.startService(context, intent)
        isAsked = true
        true
    } catch (error: IllegalStateException) {
        refused(error)
        false
    } catch (error: SecurityException) {
        refused(error)
        false
    }

    /** The service has come to the foreground. */
    fun started() {
        isAsked = false
        isForbidden = false
        isRunning = true
    }

    fun stopped() {
        isAsked = false
        isRunning = false
    }

    fun refused(error: Exception) {
        isAsked = false
        isForbidden = true
        log.error("служба не запущена", error)
        RecoveryJob.soon(context)
    }

    private fun stop() {
        if (isRunning) context.stopService(intent)
    }

    private companion object {
        const val WANTED = "wanted"
        val UNWANTED = setOf(Told.LOG_IN, Told.SHIFT_OFF, Told.SAFE_MODE)
    }
}
