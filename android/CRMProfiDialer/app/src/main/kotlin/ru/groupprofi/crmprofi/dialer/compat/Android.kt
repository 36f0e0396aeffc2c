package ru.groupprofi.crmprofi.dialer.compat

import android.app.Notification
import android.app.NotificationManager
import android.app.Service
import android.content.Context
import android.content.Intent
import android.os.Build
import android.telephony.PhoneNumberUtils
import android.telephony.TelephonyManager

/** One way for every version: the newer call where it exists, the one before elsewhere. */
object Android {
    private val level get() = Build.VERSION.SDK_INT

    val hasAlarmListeners get() = level >= Build.VERSION_CODES.N

    val hasDefaultNetwork get() = level >= Build.VERSION_CODES.N

    val hasTelephonyCallback get() = level >= Build.VERSION_CODES.S

    fun mayNotify(manager: NotificationManager): Boolean =
        level < Build.VERSION_CODES.N || Notifications24.areAllowed(manager)

    fun mayFillScreen(manager: NotificationManager): Boolean =
        level < Build.VERSION_CODES.UPSIDE_DOWN_CAKE || FullScreen34.isAllowed(manager)

    fun channel(manager: NotificationManager, id: String, name: String, importance: Int, isQuiet: Boolean) {
        if (level >= Build.VERSION_CODES.O) Notifications26.channel(manager, id, name, importance, isQuiet)
    }

    @Suppress("DEPRECATION")
    fun notification(context: Context, channel: String, importance: Int): Notification.Builder {
        if (level >= Build.VERSION_CODES.O) return Notifications26.builder(context, channel)
        val priority = importance - NotificationManager.IMPORTANCE_DEFAULT
        val loud = importance >= NotificationManager.IMPORTANCE_HIGH
        return Notification.Builder(context)
            .setPriority(priority)
            .setDefaults(if (loud) Notification.DEFAULT_ALL else 0)
    }

    fun goesAfter(builder: Notification.Builder, ms: Long) {
        if (level >= Build.VERSION_CODES.O) Notifications26.goesAfter(builder, ms)
    }

    /** Throws IllegalStateException where the system lets nobody start it from the background. */
    fun startService(context: Context, intent: Intent) {
        if (level >= Build.VERSION_CODES.O) Services26.start(context, intent) else context.startService(intent)
    }

    fun enterForeground(service: Service, id: Int, notification: Notification) {
        if (level >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            Services34.enterForeground(service, id, notification)
        } else {
            service.startForeground(id, notification)
        }
    }

    @Suppress("DEPRECATION")
    fun leaveForeground(service: Service) {
        if (level >= Build.VERSION_CODES.N) Services24.leaveForeground(service) else service.stopForeground(true)
    }

    @Suppress("DEPRECATION")
    fun isEmergency(telephony: TelephonyManager, number: String): Boolean {
        if (level >= Build.VERSION_CODES.Q) return Emergency29.isEmergency(telephony, number)
        return PhoneNumberUtils.isEmergencyNumber(number)
    }
}
