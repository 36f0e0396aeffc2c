package ru.groupprofi.crmprofi.dialer.platform

import android.app.AlarmManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Handler
import android.os.Looper
import ru.groupprofi.crmprofi.dialer.compat.Alarms24
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.runtime.Alarms
import ru.groupprofi.crmprofi.dialer.service.AlarmReceiver

/**
 * Short waits are the handler's, long ones the alarm clock's. An exact alarm is held back in doze; where that could be
 * long a second, inexact one stands beside it, and whichever comes first ends the other.
 */
class SystemAlarms(
    private val context: Context,
    private val awake: Awake,
    private val handler: Handler = Handler(Looper.getMainLooper()),
    private val ring: (String) -> Unit,
) : Alarms {
    private val manager = context.getSystemService(Context.ALARM_SERVICE) as AlarmManager
    private val ends = HashMap<String, () -> Unit>()

    @Synchronized
    override fun wake(name: String, inMs: Long) {
        forget(name)
        ends[name] = if (inMs < SHORT_MS) soon(name, inMs) else later(name, inMs)
    }

    @Synchronized
    override fun forget(name: String) {
        ends.remove(name)?.invoke()
    }

    @Synchronized
    fun forgetAll() = ends.keys.toList().forEach(::forget)

    /** The alarm [name] is here, by whatever way. */
    fun rang(name: String) {
        awake.hold()
        forget(name)
        ring(name)
    }

    private fun soon(name: String, inMs: Long): () -> Unit {
        // a handler's clock stands still while the phone sleeps
        awake.hold(inMs + GRACE_MS)
        val act = Runnable { rang(name) }
        handler.postDelayed(act, inMs)
        return { handler.removeCallbacks(act) }
    }

    private fun later(name: String, inMs: Long): () -> Unit {
        val at = android.os.SystemClock.elapsedRealtime() + inMs
        if (!Android.hasAlarmListeners) {
            val intent = intent(name)
            manager.setExactAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, intent)
            return { manager.cancel(intent) }
        }
        val end = Alarms24.exact(manager, name, at, handler) { rang(name) }
        if (inMs < DOZE_MS) return end
        val intent = intent(name)
        manager.setAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, intent)
        return {
            end()
            manager.cancel(intent)
        }
    }

    private fun intent(name: String): PendingIntent {
        val intent = Intent(context, AlarmReceiver::class.java).setData(Uri.fromParts("alarm", name, null))
        return PendingIntent.getBroadcast(context, 0, intent, FLAGS)
    }

    private companion object {
        const val SHORT_MS = 10_000L
        const val GRACE_MS = 1_000L
        const val DOZE_MS = 60_000L
        const val FLAGS = PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE
    }
}
