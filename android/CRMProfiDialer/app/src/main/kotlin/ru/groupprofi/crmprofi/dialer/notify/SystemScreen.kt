package ru.groupprofi.crmprofi.dialer.notify

import ru.groupprofi.crmprofi.dialer.commands.DeskNotice
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.runtime.DialerScreen
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.ui.PromptActivity

/** What the dialer shows goes to the notifications, its state to whoever [tell]s it on. */
class SystemScreen(
    private val prompts: PromptCards,
    private val callers: CallerCards,
    private val desk: DeskCards,
    private val tell: (DialerStatus) -> Unit,
) : DialerScreen {
    override fun prompt(offer: ServerFrame.Offer, leftMs: Long, byHand: Boolean) = prompts.show(offer, leftMs, byHand)

    override fun unprompt(callId: String) {
        prompts.remove(callId)
        PromptActivity.gone(callId)
    }

    override fun notice(notice: DeskNotice, callId: String, number: String) = desk.notice(notice, callId, number)

    override fun status(status: DialerStatus) = tell(status)

    override fun caller(number: String, caller: ServerFrame.Caller) = callers.show(number, caller)

    override fun reminder(notice: ServerFrame.Notice) = desk.reminder(notice)

    override fun finished(historyId: String) = desk.finished(historyId)
}
