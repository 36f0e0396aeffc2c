package ru.groupprofi.crmprofi.dialer.core

import android.telephony.TelephonyManager
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.notify.CallerCards
import ru.groupprofi.crmprofi.dialer.runtime.Dialer

/** From what the system and the person do to what the dialer understands. Commands of the CRM come by the socket. */
class CallFlowCoordinator(private val dialer: Dialer, private val callers: CallerCards) {
    /** «Позвонить» on the notification or on the full screen. */
    fun handleCallCommandFromNotification(callId: String) {
        dialer.tapped(callId)
    }

    /** «Не сейчас» on the notification or on the full screen. */
    fun handleCallCommandDeclined(callId: String) {
        dialer.declined(callId)
    }

    /** «Перезвонить» in the history. */
    suspend fun handleCallCommandFromHistory(historyId: String): Redial = dialer.redial(historyId)

    fun handleIncomingCall(number: String) {
        callers.rings(number)
        dialer.rings(number)
    }

    /** [state] is one of TelephonyManager's. */
    fun handleLineState(state: Int) {
        when (state) {
            TelephonyManager.CALL_STATE_OFFHOOK -> {
                callers.taken()
                dialer.lineTaken()
            }
            TelephonyManager.CALL_STATE_IDLE -> {
                callers.free()
                dialer.lineFree()
            }
        }
    }
}
