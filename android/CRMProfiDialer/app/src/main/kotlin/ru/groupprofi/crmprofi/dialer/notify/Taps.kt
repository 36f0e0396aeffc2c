package ru.groupprofi.crmprofi.dialer.notify

import android.app.Activity
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.net.Uri
import ru.groupprofi.crmprofi.dialer.MainActivity
import ru.groupprofi.crmprofi.dialer.phone.SafeNumber
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.service.ActionReceiver
import ru.groupprofi.crmprofi.dialer.ui.NoteActivity
import ru.groupprofi.crmprofi.dialer.ui.PromptActivity
import ru.groupprofi.crmprofi.dialer.ui.login.LoginActivity

/** Where a tap on a notification leads. Each intent has an address of its own, else one would replace the other. */
class Taps(private val context: Context) {
    fun main(): PendingIntent = activity(screen(MainActivity::class.java))

    fun logIn(): PendingIntent = activity(screen(LoginActivity::class.java))

    fun note(historyId: String): PendingIntent =
        activity(screen(NoteActivity::class.java, historyId).putExtra("history_id", historyId))

    fun prompt(offer: ServerFrame.Offer, leftMs: Long): PendingIntent = activity(
        screen(PromptActivity::class.java, offer.callId)
            .addFlags(Intent.FLAG_ACTIVITY_CLEAR_TOP)
            .putExtra("call_id", offer.callId)
            .putExtra("phone", offer.phone)
            .putExtra("title", offer.title)
            .putExtra("contact", offer.contact)
            .putExtra("note", offer.note)
            .putExtra("left_ms", leftMs),
    )

    /** The person's own dialler with the number in it; null for what no dialler should be given. */
    fun dial(number: String): PendingIntent? {
        val safe = SafeNumber.stripped(number).ifEmpty { return null }
        return activity(Intent(Intent.ACTION_DIAL, Uri.fromParts("tel", safe, null)))
    }

    /** A page of the CRM; null for anything that is none. */
    fun page(url: String, server: String): PendingIntent? {
        val full = if (url.startsWith("/") && server.isNotEmpty()) server.removeSuffix("/") + url else url
        val uri = Uri.parse(full)
        if (uri.scheme !in WEB || uri.host.isNullOrEmpty()) return null
        return activity(Intent(Intent.ACTION_VIEW, uri))
    }

    /** [act] is one of [ActionReceiver]'s. */
    fun action(act: String, id: String): PendingIntent {
        val intent = Intent(context, ActionReceiver::class.java)
            .setAction(act)
            .setData(Uri.fromParts(SCHEME, id, null))
            .putExtra(ActionReceiver.ID, id)
        return PendingIntent.getBroadcast(context, 0, intent, FLAGS)
    }

    private fun screen(to: Class<out Activity>, id: String = "") =
        Intent(context, to).setData(if (id.isEmpty()) null else Uri.fromParts(SCHEME, id, null))

    private fun activity(intent: Intent): PendingIntent =
        PendingIntent.getActivity(context, 0, intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK), FLAGS)

    private companion object {
        const val SCHEME = "card"
        const val FLAGS = PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE
        val WEB = setOf("https", "http")
    }
}
