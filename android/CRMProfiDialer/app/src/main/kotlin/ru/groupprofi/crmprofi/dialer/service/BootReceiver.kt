package ru.groupprofi.crmprofi.dialer.service

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import ru.groupprofi.crmprofi.dialer.core.crm

/** The phone has started, or the application was updated. A newer version has left the safe mode by now. */
class BootReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        if (intent.action !in EXPECTED) return
        val container = context.crm
        RecoveryJob.schedule(context)
        if (container.keeper.isWanted && !container.safeMode.isOn && !container.startService()) container.recover()
    }

    private companion object {
        val EXPECTED = setOf(Intent.ACTION_BOOT_COMPLETED, Intent.ACTION_MY_PACKAGE_REPLACED)
    }
}
