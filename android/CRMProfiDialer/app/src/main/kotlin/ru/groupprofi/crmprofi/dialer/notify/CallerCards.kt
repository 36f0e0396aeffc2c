package ru.groupprofi.crmprofi.dialer.notify

import android.app.Notification
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

/** Who is calling, while it rings; and who has called, when nobody took it. */
class CallerCards(private val cards: Cards, private val taps: Taps) {
    private var ringing: String? = null
    private var known: ServerFrame.Caller? = null
    private var isAnswered = false

    @Synchronized
    fun rings(number: String) {
        if (ringing == number) return
        ringing = number
        known = null
        isAnswered = false
    }

    /** The server's answer; it may come when the call is over. */
    @Synchronized
    fun show(number: String, caller: ServerFrame.Caller) {
        if (isAnswered) return
        if (ringing == null) return missed(number, caller)
        known = caller
        val title = cards.context.getString(R.string.caller_title, name(caller))
        val text = listOf(caller.contact, caller.note).filter { it.isNotEmpty() }.joinToString("\n")
        val card = cards.make(Channel.CALLER, title, text.ifEmpty { number })
            .setCategory(Notification.CATEGORY_CALL)
            .setContentIntent(taps.main())
        cards.show(Card.CALLER, card, goesAfterMs = LONGEST_MS)
    }

    @Synchronized
    fun taken() {
        if (ringing == null) return
        isAnswered = true
        cards.remove(Card.CALLER)
    }

    @Synchronized
    fun free() {
        val number = ringing ?: return
        ringing = null
        cards.remove(Card.CALLER)
        known?.let { if (!isAnswered) missed(number, it) }
        known = null
    }

    private fun missed(number: String, caller: ServerFrame.Caller) {
        val title = cards.context.getString(R.string.missed_title, name(caller))
        val text = listOf(caller.contact, number).filter { it.isNotEmpty() }.joinToString(", ")
        val card = cards.make(Channel.TROUBLE, title, text)
            .setCategory(Notification.CATEGORY_CALL)
            .setContentIntent(taps.main())
        taps.dial(number)?.let { card.addAction(cards.action(R.drawable.ic_call, R.string.missed_call_back, it)) }
        cards.show(Card.MISSED, card, number)
    }

    private fun name(caller: ServerFrame.Caller) = caller.title.ifEmpty { caller.contact }

    private companion object {
        const val LONGEST_MS = 120_000L
    }
}
