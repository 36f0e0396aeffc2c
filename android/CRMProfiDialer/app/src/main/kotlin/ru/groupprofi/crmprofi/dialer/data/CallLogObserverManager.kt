package ru.groupprofi.crmprofi.dialer.data

import android.Manifest
import android.content.Context
import android.database.ContentObserver
import android.os.Handler
import android.os.Looper
import android.provider.CallLog
import ru.groupprofi.crmprofi.dialer.platform.isGranted

/** Tells when the system writes a call down. */
class CallLogObserverManager(private val context: Context, private val changed: () -> Unit) {
    private var isOn = false

    private val observer = object : ContentObserver(Handler(Looper.getMainLooper())) {
        override fun onChange(selfChange: Boolean) = changed()
    }

    /** Does nothing without the permission; called again when it may have been given. On the main thread. */
    fun begin() {
        if (isOn || !context.isGranted(Manifest.permission.READ_CALL_LOG)) return
        isOn = try {
            context.contentResolver.registerContentObserver(CallLog.Calls.CONTENT_URI, true, observer)
            true
        } catch (_: SecurityException) {
            false
        }
        // what was written before is looked at once
        if (isOn) changed()
    }

    fun end() {
        if (isOn) context.contentResolver.unregisterContentObserver(observer)
        isOn = false
    }
}
