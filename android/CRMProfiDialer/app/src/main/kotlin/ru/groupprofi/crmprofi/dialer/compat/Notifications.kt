package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.content.Context
import android.os.Build

@TargetApi(Build.VERSION_CODES.N)
object Notifications24 {
    fun areAllowed(manager: NotificationManager): Boolean = manager.areNotificationsEnabled()
}

/** Channels: the person's own switches for each kind of notification. */
@TargetApi(Build.VERSION_CODES.O)
object Notifications26 {
    fun channel(manager: NotificationManager, id: String, name: String, importance: Int, isQuiet: Boolean) {
        val channel = NotificationChannel(id, name, importance)
        channel.setShowBadge(!isQuiet)
        channel.enableVibration(!isQuiet)
        manager.createNotificationChannel(channel)
    }

    fun builder(context: Context, channel: String) = Notification.Builder(context, channel)

    /** It goes away by itself, even when this process has died. */
    fun goesAfter(builder: Notification.Builder, ms: Long) {
        builder.setTimeoutAfter(ms)
    }
}

@TargetApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
object FullScreen34 {
    fun isAllowed(manager: NotificationManager): Boolean = manager.canUseFullScreenIntent()
}
