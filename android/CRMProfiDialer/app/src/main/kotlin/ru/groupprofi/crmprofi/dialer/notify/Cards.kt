package ru.groupprofi.crmprofi.dialer.notify

import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.graphics.drawable.Icon
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.compat.Android

/** The kinds of notifications that the person can switch off one by one. */
enum class Channel(val id: String, val title: Int, val importance: Int) {
    SERVICE("service", R.string.channel_service, NotificationManager.IMPORTANCE_LOW),
    PROMPT("prompt", R.string.channel_prompt, NotificationManager.IMPORTANCE_HIGH),
    CALLER("caller", R.string.channel_caller, NotificationManager.IMPORTANCE_HIGH),
    REMINDER("reminder", R.string.channel_reminder, NotificationManager.IMPORTANCE_DEFAULT),
    TROUBLE("trouble", R.string.channel_trouble, NotificationManager.IMPORTANCE_DEFAULT),
    QUIET("quiet", R.string.channel_quiet, NotificationManager.IMPORTANCE_LOW),
    ;

    val isQuiet: Boolean get() = importance <= NotificationManager.IMPORTANCE_LOW
}

/** One kind of card has one number; of some kinds there are several, told apart by a tag. */
enum class Card {
    SERVICE,
    PROMPT,
    NOTICE,
    CALLER,
    MISSED,
    NOTE,
    REMINDER,
    STUCK,
    DISK_FULL,
    CONNECT,
    LOG_IN,
    ;

    val id: Int get() = ordinal + 1
}

/** Makes, shows and removes notifications. */
class Cards(val context: Context) {
    private val manager = context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager

    init {
        for (channel in Channel.entries) {
            Android.channel(manager, channel.id, context.getString(channel.title), channel.importance, channel.isQuiet)
        }
    }

    val mayFillScreen: Boolean get() = Android.mayFillScreen(manager)

    fun make(channel: Channel, title: String, text: String): Notification.Builder =
        Android.notification(context, channel.id, channel.importance)
            .setSmallIcon(R.drawable.ic_notification)
            .setContentTitle(title)
            .setContentText(text)
            .setStyle(Notification.BigTextStyle().bigText(text))
            .setAutoCancel(true)
            .setShowWhen(channel != Channel.SERVICE)

    fun action(icon: Int, title: Int, tap: PendingIntent): Notification.Action =
        Notification.Action.Builder(Icon.createWithResource(context, icon), context.getString(title), tap).build()

    fun show(card: Card, notification: Notification.Builder, tag: String? = null, goesAfterMs: Long = 0) {
        if (goesAfterMs > 0) Android.goesAfter(notification, goesAfterMs)
        manager.notify(tag, card.id, notification.build())
    }

    fun remove(card: Card, tag: String? = null) = manager.cancel(tag, card.id)
}
