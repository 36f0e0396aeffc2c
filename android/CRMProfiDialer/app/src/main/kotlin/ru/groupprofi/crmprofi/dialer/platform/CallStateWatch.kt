package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import android.content.Context
import android.telephony.TelephonyManager
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.compat.Calls31

/** Tells when the line is taken and when it is free again. */
class CallStateWatch(private val context: Context, private val changed: (Int) -> Unit) {
    private val telephony = context.getSystemService(Context.TELEPHONY_SERVICE) as TelephonyManager
    private var end: (() -> Unit)? = null

    val isOn: Boolean get() = end != null

    /** Does nothing without the permission; called again when it may have been given. On the main thread. */
    fun begin() {
        if (isOn || !context.isGranted(Manifest.permission.READ_PHONE_STATE)) return
        end = try {
            if (Android.hasTelephonyCallback) {
                Calls31.watch(telephony, { it.run() }, changed)
            } else {
                listen()
            }
        } catch (_: SecurityException) {
            null
        }
    }

    fun end() {
        end?.invoke()
        end = null
    }

    @Suppress("DEPRECATION", "OVERRIDE_DEPRECATION")
    private fun listen(): () -> Unit {
        val listener = object : android.telephony.PhoneStateListener() {
            override fun onCallStateChanged(state: Int, phoneNumber: String?) = changed(state)
        }
        telephony.listen(listener, android.telephony.PhoneStateListener.LISTEN_CALL_STATE)
        return { telephony.listen(listener, android.telephony.PhoneStateListener.LISTEN_NONE) }
    }
}
