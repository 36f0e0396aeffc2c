package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.os.Build
import android.telephony.TelephonyCallback
import android.telephony.TelephonyManager
import java.util.concurrent.Executor

/** The state of the line; the listener of before is deprecated here. */
@TargetApi(Build.VERSION_CODES.S)
object Calls31 {
    /** What is returned ends the watch. Throws SecurityException without READ_PHONE_STATE. */
    fun watch(telephony: TelephonyManager, executor: Executor, changed: (Int) -> Unit): () -> Unit {
        val callback = Callback(changed)
        telephony.registerTelephonyCallback(executor, callback)
        return { telephony.unregisterTelephonyCallback(callback) }
    }

    @TargetApi(Build.VERSION_CODES.S)
    private class Callback(private val changed: (Int) -> Unit) :
        TelephonyCallback(),
        TelephonyCallback.CallStateListener {
        override fun onCallStateChanged(state: Int) = changed(state)
    }
}
