package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.app.Activity
import android.app.NotificationManager
import android.content.Context
import android.os.Build
import android.view.WindowManager

/** What screens need of newer versions. */
object UiCompat {
    private val level get() = Build.VERSION.SDK_INT

    val asksForNotifications get() = level >= Build.VERSION_CODES.TIRAMISU

    val asksForFullScreen get() = level >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE

    fun mayNotify(context: Context): Boolean = level < Build.VERSION_CODES.N || Screens24.mayNotify(notifier(context))

    fun mayFillScreen(context: Context): Boolean = !asksForFullScreen || Screens34.mayFillScreen(notifier(context))

    /** Over the lock screen, and wake it. */
    @Suppress("DEPRECATION")
    fun showOnLockScreen(activity: Activity) {
        if (level >= Build.VERSION_CODES.O_MR1) {
            Screens27.showOnLockScreen(activity)
        } else {
            activity.window.addFlags(
                WindowManager.LayoutParams.FLAG_SHOW_WHEN_LOCKED or WindowManager.LayoutParams.FLAG_TURN_SCREEN_ON,
            )
        }
    }

    private fun notifier(context: Context) =
        context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
}

@TargetApi(Build.VERSION_CODES.N)
private object Screens24 {
    fun mayNotify(manager: NotificationManager): Boolean = manager.areNotificationsEnabled()
}

@TargetApi(Build.VERSION_CODES.O_MR1)
private object Screens27 {
    fun showOnLockScreen(activity: Activity) {
        activity.setShowWhenLocked(true)
        activity.setTurnScreenOn(true)
    }
}

@TargetApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
private object Screens34 {
    fun mayFillScreen(manager: NotificationManager): Boolean = manager.canUseFullScreenIntent()
}
