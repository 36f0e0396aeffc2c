package ru.groupprofi.crmprofi.dialer.service

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import ru.groupprofi.crmprofi.dialer.core.crm

/** The buttons of the notifications. */
class ActionReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val id = intent.getStringExtra(ID) ?: return
        val container = context.crm
        container.awake.hold()
        container.prompts.remove(id)
        when (intent.action) {
            CALL -> container.calls.handleCallCommandFromNotification(id)
            LATER -> container.calls.handleCallCommandDeclined(id)
        }
    }

    companion object {
        const val CALL = "ru.groupprofi.crmprofi.dialer.CALL"
        const val LATER = "ru.groupprofi.crmprofi.dialer.LATER"
        const val ID = "id"
    }
}
