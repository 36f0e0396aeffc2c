package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.os.Build
import android.telephony.TelephonyManager

/** The list of emergency numbers of the country and the SIM. */
@TargetApi(Build.VERSION_CODES.Q)
object Emergency29 {
    /** False as well when the phone does not answer: the fixed list of `:core` comes first anyway. */
    fun isEmergency(telephony: TelephonyManager, number: String): Boolean = try {
        telephony.isEmergencyNumber(number)
    } catch (_: IllegalStateException) {
        false
    } catch (_: UnsupportedOperationException) {
        false
    }
}
