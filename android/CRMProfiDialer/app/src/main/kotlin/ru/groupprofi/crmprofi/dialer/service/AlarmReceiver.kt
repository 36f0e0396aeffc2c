package ru.groupprofi.crmprofi.dialer.service

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import ru.groupprofi.crmprofi.dialer.core.crm

/** An alarm that outlives the process, or that doze lets through. */
class AlarmReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        intent.data?.schemeSpecificPart?.let(context.crm.alarms::rang)
    }
}
