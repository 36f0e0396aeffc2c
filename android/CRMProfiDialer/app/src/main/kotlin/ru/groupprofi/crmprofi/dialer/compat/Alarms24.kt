package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.app.AlarmManager
import android.os.Build
import android.os.Handler

/** Alarms that call back into the living process: exact ones need no permission of their own. */
@TargetApi(Build.VERSION_CODES.N)
object Alarms24 {
    /** [at] is elapsed milliseconds; what is returned ends the alarm. */
    fun exact(alarms: AlarmManager, name: String, at: Long, handler: Handler, rang: () -> Unit): () -> Unit {
        val listener = AlarmManager.OnAlarmListener { rang() }
        alarms.setExact(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, name, listener, handler)
        return { alarms.cancel(listener) }
    }
}
