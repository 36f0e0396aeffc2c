package ru.groupprofi.crmprofi.dialer.notify

import android.app.Notification
import android.content.Context
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

/** The line that stands in the notifications as long as the dialer is on duty. */
class ServiceCard(private val cards: Cards, private val taps: Taps) {
    fun make(status: DialerStatus): Notification = cards.make(Channel.SERVICE, title(status), text(status))
        .setContentIntent(taps.main())
        .setOngoing(true)
        .setAutoCancel(false)
        .setCategory(Notification.CATEGORY_SERVICE)
        .build()

    fun title(status: DialerStatus): String = cards.context.getString(titleOf(status.told))

    fun text(status: DialerStatus): String = words(cards.context, status)

    private fun words(context: Context, status: DialerStatus): String = when {
        status.othersWaiting > 0 ->
            context.getString(R.string.others_waiting, status.othersWaiting, status.othersName)
        status.waiting > 0 -> context.getString(R.string.waiting, status.waiting)
        else -> context.getString(textOf(status.told))
    }

    private fun titleOf(told: Told) = when (told) {
        Told.SHIFT_OFF -> R.string.service_shift_off
        Told.CONNECTING -> R.string.service_connecting
        Told.ONLINE -> R.string.service_online
        Told.NO_NETWORK -> R.string.service_no_network
        Told.POLLING -> R.string.service_polling
        Told.REPLACED -> R.string.service_replaced
        Told.UPDATE_APP -> R.string.service_update
        Told.LOG_IN -> R.string.service_log_in
        Told.SAFE_MODE -> R.string.service_safe_mode
    }

    private fun textOf(told: Told) = when (told) {
        Told.SHIFT_OFF -> R.string.service_shift_off_text
        Told.CONNECTING -> R.string.service_connecting_text
        Told.ONLINE, Told.POLLING -> R.string.service_online_text
        Told.NO_NETWORK -> R.string.service_no_network_text
        Told.REPLACED -> R.string.service_replaced_text
        Told.UPDATE_APP -> R.string.service_update_text
        Told.LOG_IN -> R.string.service_log_in_text
        Told.SAFE_MODE -> R.string.service_safe_mode_text
    }
}
