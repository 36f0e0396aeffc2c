package ru.groupprofi.crmprofi.dialer.notify

import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.DeskNotice
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

/** What became of a command when it did not become a call, and the small things after a call. */
class DeskCards(private val cards: Cards, private val taps: Taps, private val server: () -> String) {
    fun notice(notice: DeskNotice, callId: String, number: String) {
        val channel = if (notice == DeskNotice.BUSY) Channel.QUIET else Channel.TROUBLE
        val card = cards.make(channel, cards.context.getString(titleOf(notice)), textOf(notice, number))
        // only a call that the system did not make is offered again: the other numbers may be unsafe
        val dial = if (notice == DeskNotice.NOT_DIALED) taps.dial(number) else null
        card.setContentIntent(dial ?: taps.main())
        dial?.let { card.addAction(cards.action(R.drawable.ic_call, R.string.prompt_call, it)) }
        cards.show(Card.NOTICE, card, callId, if (notice == DeskNotice.BUSY) BUSY_MS else 0)
    }

    /** A call with a customer is over: time for a note. */
    fun finished(historyId: String) {
        val context = cards.context
        val card = cards.make(
            Channel.QUIET,
            context.getString(R.string.note_title),
            context.getString(R.string.note_text),
        )
            .setContentIntent(taps.note(historyId))
        cards.show(Card.NOTE, card, historyId, NOTE_MS)
    }

    fun reminder(notice: ServerFrame.Notice) {
        val card = cards.make(Channel.REMINDER, notice.title, notice.body)
            .setContentIntent(taps.page(notice.url, server()) ?: taps.main())
        cards.show(Card.REMINDER, card, notice.id?.toString() ?: notice.title)
    }

    private fun titleOf(notice: DeskNotice) = when (notice) {
        DeskNotice.UNSAFE -> R.string.notice_unsafe_title
        DeskNotice.BUSY -> R.string.notice_busy_title
        DeskNotice.MEMORY_FULL -> R.string.notice_memory_title
        DeskNotice.NOT_DIALED -> R.string.notice_not_dialed_title
        DeskNotice.OFFLINE -> R.string.notice_offline_title
    }

    private fun textOf(notice: DeskNotice, number: String): String {
        val text = when (notice) {
            DeskNotice.UNSAFE -> R.string.notice_unsafe_text
            DeskNotice.BUSY -> R.string.notice_busy_text
            DeskNotice.MEMORY_FULL -> R.string.notice_memory_text
            DeskNotice.NOT_DIALED -> R.string.notice_not_dialed_text
            DeskNotice.OFFLINE -> R.string.notice_offline_text
        }
        return cards.context.getString(text, number)
    }

    private companion object {
        const val BUSY_MS = 600_000L
        const val NOTE_MS = 1_800_000L
    }
}
