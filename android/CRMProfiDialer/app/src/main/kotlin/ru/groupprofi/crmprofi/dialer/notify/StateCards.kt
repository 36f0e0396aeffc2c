package ru.groupprofi.crmprofi.dialer.notify

import ru.groupprofi.crmprofi.dialer.AppState
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

/** What the person has to know of the dialer itself; a card goes when its cause is gone. */
class StateCards(private val cards: Cards, private val taps: Taps) {
    private var isLogInShown = false
    private var isStuckShown = false
    private var isFullShown = false
    private var wasLoggedIn = false

    fun follow(status: DialerStatus) {
        disk(status.isDiskFull)
        stuck(status)
        logIn(status)
    }

    /** The system lets nobody else bring us back. */
    fun askToConnect() = show(Card.CONNECT, R.string.connect_title, R.string.connect_text)

    fun connected() = cards.remove(Card.CONNECT)

    private fun disk(isFull: Boolean) {
        if (isFull == isFullShown) return
        isFullShown = isFull
        if (isFull) show(Card.DISK_FULL, R.string.disk_title, R.string.disk_text) else cards.remove(Card.DISK_FULL)
    }

    /** Ten minutes are for the diagnostics, an hour is for the person. */
    private fun stuck(status: DialerStatus) {
        if (status.isLate == isStuckShown) return
        isStuckShown = status.isLate
        if (!status.isLate) return cards.remove(Card.STUCK)
        val text = cards.context.getString(R.string.waiting, status.waiting)
        val card = cards.make(Channel.TROUBLE, cards.context.getString(R.string.stuck_title), text)
        cards.show(Card.STUCK, card.setContentIntent(taps.main()))
    }

    /** Whoever logs out by himself looks at the screen; everybody else would not notice. */
    private fun logIn(status: DialerStatus) {
        val isIn = status.username.isNotEmpty()
        val isOut =
            status.told == Told.LOG_IN &&
                !AppState.isForeground &&
                (wasLoggedIn || status.wasDamaged || status.isLocked)
        wasLoggedIn = isIn
        if (isIn && isLogInShown) cards.remove(Card.LOG_IN)
        if (isOut && !isLogInShown) {
            val title = cards.context.getString(R.string.log_in_title)
            val card = cards.make(Channel.TROUBLE, title, cards.context.getString(R.string.log_in_text))
            cards.show(Card.LOG_IN, card.setContentIntent(taps.logIn()))
        }
        isLogInShown = !isIn && (isLogInShown || isOut)
    }

    private fun show(card: Card, title: Int, text: Int) {
        val made = cards.make(Channel.TROUBLE, cards.context.getString(title), cards.context.getString(text))
        cards.show(card, made.setContentIntent(taps.main()))
    }
}
