package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.isoUtc
import ru.groupprofi.crmprofi.dialer.phone.DialSafety
import ru.groupprofi.crmprofi.dialer.phone.SafeNumber
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.Phase
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

/**
 * From an offer to a result. Each step is written before it is taken, so that whoever dies in between leaves either a
 * call that was not dialled or one whose result is looked for. Not thread-safe: one thread calls it.
 */
class CommandDesk(private val ports: DeskPorts, private val userId: Long, var policy: DialPolicy = DialPolicy.AT_ONCE) {
    /** [lease] is there when the right to dial came with the offer: a poll's answer. */
    private class Waiting(val offer: ServerFrame.Offer, val seenAt: Long, val lease: String? = null)

    private val offers = LinkedHashMap<String, Waiting>()
    private val journal get() = ports.journal
    private val clock get() = ports.clock
    private val phone get() = ports.phone
    private val screen get() = ports.screen
    private val resolver = CallResolver(ports)

    // --- what the server says

    fun offered(offer: ServerFrame.Offer) {
        val row = journal.find(offer.callId)
        if (row != null) {
            when {
                mayClaimAgain(row) -> ports.say(ClientFrame.Claim(row.callId))
                // the server has not heard, or does not know, that it will not be dialled here
                row.stage == CallStage.CLAIMING || row.stage == CallStage.STALE -> reject(row, RejectReason.STALE)
            }
            return
        }
        if (offer.callId in offers) return
        val waiting = Waiting(offer, clock.elapsed())
        offers[offer.callId] = waiting
        while (offers.size > MAX_OFFERS) screen.unprompt(offers.keys.first().also(offers::remove))
        ports.say(ClientFrame.State(offer.callId, Phase.RECEIVED, now()))
        ports.wake(offer.ttlMs + 1)
        consider(waiting)
    }

    /** The socket's `go`. */
    fun granted(go: ServerFrame.Go) {
        val row = journal.find(go.callId)?.takeIf { it.stage == CallStage.CLAIMING } ?: return
        dial(row.copy(lease = go.lease, withinMs = go.dialWithinMs))
    }

    /** A poll that found a command: claim and grant in one, its time runs from [askedAt] (elapsed milliseconds). */
    fun pulled(offer: ServerFrame.Offer, lease: String, withinMs: Long, askedAt: Long) {
        val row = journal.find(offer.callId)
        val begun = begun(offer, askedAt).copy(withinMs = withinMs, lease = lease)
        val isAsked = policy == DialPolicy.ASK || safetyOf(offer.phone) == DialSafety.ASK
        when {
            row?.stage == CallStage.STALE -> reject(row, RejectReason.STALE)
            // dialled already, or about to be
            row != null && row.stage != CallStage.CLAIMING -> Unit
            // told again while the person looks at it
            row == null && offers[offer.callId]?.lease == lease -> Unit
            row == null && isAsked && obstacle(begun) == null -> {
                val waiting = Waiting(offer.copy(ttlMs = withinMs), askedAt, lease)
                offers[offer.callId] = waiting
                ports.wake((left(waiting) + 1).coerceAtLeast(0))
                screen.prompt(waiting.offer, left(waiting), byHand = false)
            }
            else -> {
                forget(offer.callId)
                // a claim that was not answered was not dialled either
                dial(if (row == null) begun else begun.copy(source = row.source))
            }
        }
    }

    fun refused(no: ServerFrame.No) {
        forget(no.callId)
        journal.find(no.callId)?.takeIf { it.stage == CallStage.CLAIMING }?.let { stale(it) }
    }

    fun revoked(revoke: ServerFrame.Revoke) {
        forget(revoke.callId)
        val row = journal.find(revoke.callId) ?: return
        if (row.stage == CallStage.CLAIMING || row.stage == CallStage.GRANTED) reject(row, RejectReason.STALE)
    }

    fun acked(reportId: String) {
        val row = journal.open().firstOrNull { it.reportId == reportId } ?: return
        if (row.stage == CallStage.RESOLVED) journal.write(row.copy(stage = CallStage.DONE))
    }

    /** Off shift, logged out: nobody may dial what was not answered yet. */
    fun dropOffers() {
        for (waiting in offers.values.toList()) {
            if (waiting.lease == null) forget(waiting.offer.callId) else turnDown(waiting, RejectReason.USER)
        }
    }

    // --- what the person and the system do

    /** «Позвонить» on the notification. */
    fun tapped(callId: String) {
        val waiting = offers[callId] ?: return
        when {
            left(waiting) <= 0 -> over(waiting)
            !phone.mayDial() -> turnDown(waiting, RejectReason.NO_PERMISSION)
            phone.isInCall() -> turnDown(waiting, RejectReason.BUSY)
            waiting.lease != null -> {
                forget(callId)
                dial(leased(waiting, waiting.lease))
            }
            // nobody would hear the claim; the offer stays for a later tap, or the next poll brings the right to dial
            !ports.isOnline -> {
                screen.notice(DeskNotice.OFFLINE, callId, waiting.offer.phone)
                screen.prompt(waiting.offer, left(waiting), byHand = false)
            }
            else -> claim(waiting, ActionSource.NOTIFICATION)
        }
    }

    /** «Не сейчас». */
    fun declined(callId: String) {
        offers[callId]?.let { turnDown(it, RejectReason.USER) }
    }

    /** The line is taken. */
    fun offHook() {
        journal.open().filter { it.stage == CallStage.DIALING }.forEach(resolver::placed)
    }

    /** The line is free again. */
    fun idle() = resolver.idle()

    /** The call log has changed. */
    fun logChanged() = resolver.logChanged()

    fun tick() {
        for (waiting in offers.values.toList()) {
            if (left(waiting) <= 0) over(waiting)
        }
        for (row in journal.open()) {
            when (row.stage) {
                CallStage.CLAIMING -> if (!mayClaimAgain(row)) stale(row)
                // dialling follows at once: what still stands here could not be written as void
                CallStage.GRANTED -> reject(row, RejectReason.STALE)
                else -> resolver.advance(row)
            }
        }
    }

    /** «Перезвонить» on the phone: a call of its own, [id], that repeats the server's call [requestId] if there is one. */
    fun redial(id: String, number: String, requestId: String): Redial {
        val row = JournalRow(
            callId = id,
            userId = userId,
            number = number,
            boot = clock.boot(),
            stage = CallStage.CLAIMING,
            source = ActionSource.HISTORY,
            claimedAt = clock.elapsed(),
            withinMs = FRESH_MS,
            requestId = requestId,
        )
        val safety = safetyOf(number)
        return when {
            isBusy || phone.isInCall() -> Redial.BUSY
            safety == DialSafety.NEVER -> Redial.UNSAFE
            !phone.mayDial() -> Redial.NO_PERMISSION
            else -> {
                dial(row)
                if (journal.find(id)?.stage in UNDER_WAY) Redial.PLACED else Redial.FAILED
            }
        }
    }

    /** A command is being dialled or talked over. */
    val isBusy: Boolean get() = journal.open().any { it.stage in UNDER_WAY && it.stage != CallStage.RESOLVING }

    /** After the process has started: what does every unfinished row mean now? */
    fun recover() {
        for (row in journal.open()) {
            when (row.stage) {
                CallStage.CLAIMING -> when {
                    mayClaimAgain(row) && row.userId == userId -> ports.say(ClientFrame.Claim(row.callId))
                    else -> stale(row)
                }
                CallStage.GRANTED -> reject(row, RejectReason.STALE)
                else -> resolver.recover(row)
            }
        }
    }

    // --- to dial or to ask

    private fun consider(waiting: Waiting) {
        val offer = waiting.offer
        val safety = safetyOf(offer.phone)
        when {
            left(waiting) <= 0 -> forget(offer.callId)
            safety == DialSafety.NEVER -> {
                screen.notice(DeskNotice.UNSAFE, offer.callId, offer.phone)
                turnDown(waiting, RejectReason.USER)
            }
            !phone.mayDial() -> screen.prompt(offer, left(waiting), byHand = true)
            phone.isInCall() -> {
                screen.notice(DeskNotice.BUSY, offer.callId, offer.phone)
                turnDown(waiting, RejectReason.BUSY)
            }
            policy == DialPolicy.ASK || safety == DialSafety.ASK -> screen.prompt(offer, left(waiting), byHand = false)
            clock.elapsed() - waiting.seenAt > FRESH_MS -> screen.prompt(offer, left(waiting), byHand = false)
            else -> claim(waiting, ActionSource.CRM_UI)
        }
    }

    private fun claim(waiting: Waiting, source: ActionSource) {
        val offer = waiting.offer
        val row = begun(offer, clock.elapsed()).copy(source = source)
        if (!journal.write(row)) {
            screen.notice(DeskNotice.MEMORY_FULL, offer.callId, offer.phone)
            turnDown(waiting, RejectReason.STALE)
            return
        }
        forget(offer.callId)
        ports.say(ClientFrame.Claim(offer.callId))
    }

    private fun begun(offer: ServerFrame.Offer, at: Long) = JournalRow(
        callId = offer.callId,
        userId = userId,
        number = offer.phone,
        boot = clock.boot(),
        stage = CallStage.CLAIMING,
        claimedAt = at,
    )

    private fun dial(row: JournalRow) {
        obstacle(row)?.let { return reject(row, it) }
        if (!journal.write(row.copy(stage = CallStage.GRANTED))) return full(row)
        val dialing = row.copy(
            stage = CallStage.DIALING,
            maxLogId = ports.log.maxId(),
            dialedAt = clock.elapsed(),
            dialedWall = clock.wall(),
        )
        obstacle(row)?.let { return reject(row, it) }
        if (!journal.write(dialing)) return full(row)
        ports.wake(CallResolver.NOT_DIALED_MS)
        if (!phone.place(SafeNumber.stripped(row.number))) {
            screen.notice(DeskNotice.NOT_DIALED, row.callId, row.number)
            reject(dialing, RejectReason.STALE)
        } else if (!phone.canObserve) {
            resolver.placed(dialing)
            resolver.resolve(dialing.copy(stage = CallStage.RESOLVING, endedAt = dialing.dialedAt))
        }
    }

    /** Why this must not be dialled now, or null. */
    private fun obstacle(row: JournalRow): RejectReason? = when {
        row.boot != clock.boot() || clock.elapsed() - row.claimedAt > row.withinMs -> RejectReason.STALE
        safetyOf(row.number) == DialSafety.NEVER -> RejectReason.USER
        !phone.mayDial() -> RejectReason.NO_PERMISSION
        phone.isInCall() -> RejectReason.BUSY
        else -> null
    }

    private fun full(row: JournalRow) {
        screen.notice(DeskNotice.MEMORY_FULL, row.callId, row.number)
        reject(row, RejectReason.STALE)
    }

    private fun reject(row: JournalRow, reason: RejectReason) {
        stale(row)
        if (!row.isOwn) ports.say(ClientFrame.Reject(row.callId, reason))
    }

    private fun stale(row: JournalRow) {
        if (!journal.write(row.copy(stage = CallStage.STALE))) ports.wake(WRITE_AGAIN_MS)
    }

    private fun turnDown(waiting: Waiting, reason: RejectReason) {
        forget(waiting.offer.callId)
        // a right to dial that was not used is written down: it may be told again
        waiting.lease?.let { return reject(leased(waiting, it), reason) }
        ports.say(ClientFrame.Reject(waiting.offer.callId, reason))
    }

    /** Nobody has said yes in time. */
    private fun over(waiting: Waiting) {
        val offer = waiting.offer
        when {
            waiting.lease != null -> {
                screen.notice(DeskNotice.NOT_DIALED, offer.callId, offer.phone)
                turnDown(waiting, RejectReason.STALE)
            }
            !phone.mayDial() -> turnDown(waiting, RejectReason.NO_PERMISSION)
            else -> forget(offer.callId)
        }
    }

    private fun leased(waiting: Waiting, lease: String) = begun(waiting.offer, waiting.seenAt).copy(
        withinMs = waiting.offer.ttlMs,
        lease = lease,
        source = ActionSource.NOTIFICATION,
    )

    private fun safetyOf(number: String) = SafeNumber.judge(number, phone.ownNumber, phone::isEmergency)

    private fun forget(callId: String) {
        if (offers.remove(callId) != null) screen.unprompt(callId)
    }

    private fun mayClaimAgain(row: JournalRow) = row.stage == CallStage.CLAIMING &&
        row.boot == clock.boot() &&
        clock.elapsed() - row.claimedAt < CLAIM_AGAIN_MS

    private fun left(waiting: Waiting) = waiting.seenAt + waiting.offer.ttlMs - clock.elapsed()

    private fun now() = isoUtc(clock.wall())

    companion object {
        const val MAX_OFFERS = 20
        private const val FRESH_MS = 15_000L
        private const val CLAIM_AGAIN_MS = 10_000L
        private const val WRITE_AGAIN_MS = 60_000L
        private val UNDER_WAY =
            setOf(CallStage.GRANTED, CallStage.DIALING, CallStage.PLACED, CallStage.RESOLVING)
    }
}

/** What came of «Перезвонить». */
enum class Redial {
    PLACED,
    BUSY,

    /** The application never dials such a number; the person's own dialler may. */
    UNSAFE,
    NO_PERMISSION,
    FAILED,

    /** Nobody is logged in, or the safe mode is on. */
    NOT_NOW,
    UNKNOWN,
}
