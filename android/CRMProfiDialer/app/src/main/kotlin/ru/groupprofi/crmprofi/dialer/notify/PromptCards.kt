package ru.groupprofi.crmprofi.dialer.notify

import android.app.Notification
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.service.ActionReceiver

/** «Пора позвонить». */
class PromptCards(private val cards: Cards, private val taps: Taps) {
    /** [byHand]: this application may not dial, so the button opens the person's own dialler. */
    fun show(offer: ServerFrame.Offer, leftMs: Long, byHand: Boolean) {
        val call = if (byHand) taps.dial(offer.phone) else taps.action(ActionReceiver.CALL, offer.callId)
        val screen = if (byHand) call ?: taps.main() else taps.prompt(offer, leftMs)
        val card = cards.make(Channel.PROMPT, title(offer), text(offer))
            .setCategory(Notification.CATEGORY_CALL)
            .setContentIntent(screen)
        call?.let { card.addAction(cards.action(R.drawable.ic_call, R.string.prompt_call, it)) }
        card.addAction(
            cards.action(R.drawable.ic_close, R.string.prompt_later, taps.action(ActionReceiver.LATER, offer.callId)),
        )
        if (!byHand && cards.mayFillScreen) card.setFullScreenIntent(screen, true)
        cards.show(Card.PROMPT, card, offer.callId, leftMs.coerceAtLeast(1))
    }

    fun remove(callId: String) = cards.remove(Card.PROMPT, callId)

    private fun title(offer: ServerFrame.Offer) = if (offer.title.isEmpty()) {
        cards.context.getString(R.string.prompt_title)
    } else {
        cards.context.getString(R.string.prompt_title_company, offer.title)
    }

    private fun text(offer: ServerFrame.Offer): String {
        val ext = offer.ext.ifEmpty { null }?.let { cards.context.getString(R.string.prompt_ext, it) }
        val who = listOfNotNull(offer.contact.ifEmpty { null }, offer.phone, ext).joinToString(", ")
        return listOf(who, offer.note).filter { it.isNotEmpty() }.joinToString("\n")
    }
}
