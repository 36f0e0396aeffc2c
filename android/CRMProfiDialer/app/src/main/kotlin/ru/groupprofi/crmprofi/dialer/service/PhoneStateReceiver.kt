package ru.groupprofi.crmprofi.dialer.service

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.telephony.TelephonyManager
import ru.groupprofi.crmprofi.dialer.core.crm

/** Who is calling: the number comes only this way, and only to whoever may read the call log. */
class PhoneStateReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        if (intent.action != TelephonyManager.ACTION_PHONE_STATE_CHANGED) return
        val container = context.crm
        if (container.safeMode.isOn) return
        when (intent.getStringExtra(TelephonyManager.EXTRA_STATE)) {
            TelephonyManager.EXTRA_STATE_RINGING -> number(intent)?.let(container.calls::handleIncomingCall)
            TelephonyManager.EXTRA_STATE_OFFHOOK -> container.line(TelephonyManager.CALL_STATE_OFFHOOK)
            TelephonyManager.EXTRA_STATE_IDLE -> container.line(TelephonyManager.CALL_STATE_IDLE)
        }
    }

    // deprecated for those who hold no READ_CALL_LOG; there is no other way to learn the number
    @Suppress("DEPRECATION")
    private fun number(intent: Intent): String? =
        intent.getStringExtra(TelephonyManager.EXTRA_INCOMING_NUMBER)?.takeIf { it.isNotEmpty() }
}
