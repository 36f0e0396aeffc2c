package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.calls.CallMatch
import ru.groupprofi.crmprofi.dialer.calls.PlacedCall
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
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
    private class Waiting(val offer: ServerFrame.Offer, val seenAt: Long)

    private val offers = LinkedHashMap<String, Waiting>()
    private val journal get() = ports.journal
    private val clock get() = ports.clock
    private val phone get() = ports.phone
    private val screen get() = ports.screen

    // --- what the server says

    fun offered(offer: ServerFrame.Offer) {
        val row = journal.find(offer.callId)
        if (row != null) {
            if (mayClaimAgain(row)) ports.say(ClientFrame.Claim(row.callId))
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
        if (journal.find(offer.callId) != null) return
        offers.remove(offer.callId)
        dial(begun(offer, askedAt).copy(withinMs = withinMs, lease = lease))
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
    fun dropOffers() = offers.keys.toList().forEach(::forget)

    // --- what the person and the system do

    /** «Позвонить» on the notification. */
    fun tapped(callId: String) {
        val waiting = offers[callId] ?: return
        when {
            left(waiting) <= 0 -> forget(callId)
            !phone.mayDial() -> turnDown(waiting, RejectReason.NO_PERMISSION)
            phone.isInCall() -> turnDown(waiting, RejectReason.BUSY)
            else -> claim(waiting, ActionSource.NOTIFICATION)
        }
    }

    /** The line is taken. */
    fun offHook() {
        journal.open().filter { it.stage == CallStage.DIALING }.forEach(::placed)
    }

    /** The line is free again. */
    fun idle() {
        for (row in journal.open().filter { it.stage == CallStage.PLACED && phone.canObserve }) {
            ports.say(ClientFrame.State(row.callId, Phase.ENDED, now(), row.lease))
            resolve(row.copy(stage = CallStage.RESOLVING, endedAt = clock.elapsed()))
        }
    }

    /** The call log has changed. */
    fun logChanged() = journal.open().forEach { if (it.stage == CallStage.RESOLVING || it.isUnknown) look(it) }

    fun tick() {
        for (waiting in offers.values.toList()) {
            if (left(waiting) > 0) continue
            if (!phone.mayDial()) ports.say(ClientFrame.Reject(waiting.offer.callId, RejectReason.NO_PERMISSION))
            forget(waiting.offer.callId)
        }
        journal.open().forEach(::advance)
    }

    /** After the process has started: what does every unfinished row mean now? */
    fun recover() {
        for (row in journal.open()) {
            when (row.stage) {
                CallStage.CLAIMING -> if (mayClaimAgain(row)) ports.say(ClientFrame.Claim(row.callId)) else stale(row)
                CallStage.GRANTED -> reject(row, RejectReason.STALE)
                CallStage.DIALING, CallStage.PLACED -> recoverDialed(row)
                CallStage.RESOLVING -> resolve(row.copy(boot = clock.boot(), endedAt = clock.elapsed()))
                else -> Unit
            }
        }
    }

    // --- to dial or to ask

    private fun consider(waiting: Waiting) {
        val offer = waiting.offer
        val safety = SafeNumber.judge(offer.phone, phone.ownNumber, phone::isEmergency)
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
        val reason = obstacle(row)
        if (reason != null) return reject(row, reason)
        if (!journal.write(row.copy(stage = CallStage.GRANTED))) return full(row)
        val dialing = row.copy(
            stage = CallStage.DIALING,
            maxLogId = ports.log.maxId(),
            dialedAt = clock.elapsed(),
            dialedWall = clock.wall(),
        )
        if (obstacle(row) != null || !journal.write(dialing)) return full(row)
        ports.wake(NOT_DIALED_MS)
        if (!phone.place(SafeNumber.stripped(row.number))) {
            screen.notice(DeskNotice.NOT_DIALED, row.callId, row.number)
            reject(dialing, RejectReason.STALE)
        } else if (!phone.canObserve) {
            placed(dialing)
            resolve(dialing.copy(stage = CallStage.RESOLVING, endedAt = dialing.dialedAt))
        }
    }

    /** Why this must not be dialled now, or null. */
    private fun obstacle(row: JournalRow): RejectReason? = when {
        row.boot != clock.boot() || clock.elapsed() - row.claimedAt > row.withinMs -> RejectReason.STALE
        SafeNumber.judge(row.number, phone.ownNumber, phone::isEmergency) == DialSafety.NEVER -> RejectReason.USER
        !phone.mayDial() -> RejectReason.NO_PERMISSION
        phone.isInCall() -> RejectReason.BUSY
        else -> null
    }

    private fun placed(row: JournalRow) {
        journal.write(row.copy(stage = CallStage.PLACED))
        ports.say(ClientFrame.State(row.callId, Phase.DIALING, now(), row.lease))
        ports.wake(LONGEST_MS)
    }

    private fun full(row: JournalRow) {
        screen.notice(DeskNotice.MEMORY_FULL, row.callId, row.number)
        reject(row, RejectReason.STALE)
    }

    private fun reject(row: JournalRow, reason: RejectReason) {
        stale(row)
        ports.say(ClientFrame.Reject(row.callId, reason))
    }

    private fun stale(row: JournalRow) {
        journal.write(row.copy(stage = CallStage.STALE))
    }

    private fun turnDown(waiting: Waiting, reason: RejectReason) {
        forget(waiting.offer.callId)
        ports.say(ClientFrame.Reject(waiting.offer.callId, reason))
    }

    private fun forget(callId: String) {
        if (offers.remove(callId) != null) screen.unprompt(callId)
    }

    // --- the result

    private fun resolve(row: JournalRow) {
        journal.write(row)
        look(row)
        ports.wake(STEPS_MS.first())
    }

    /** Time goes on for one row. */
    private fun advance(row: JournalRow) {
        val now = clock.elapsed()
        when (row.stage) {
            CallStage.CLAIMING -> if (!mayClaimAgain(row)) stale(row)
            CallStage.DIALING -> if (now - row.dialedAt >= NOT_DIALED_MS) notDialed(row)
            CallStage.PLACED -> if (now - row.dialedAt >= LONGEST_MS) conclude(row, null, ResolveMethod.RETRY)
            CallStage.RESOLVING -> {
                val due = STEPS_MS.count { now - row.endedAt >= it }
                if (due > row.looks) look(row.copy(looks = due))
                journal.find(row.callId)?.takeIf { it.stage == CallStage.RESOLVING }?.let {
                    ports.wake(
                        (it.endedAt + STEPS_MS[it.looks.coerceAtMost(STEPS_MS.lastIndex)] - now).coerceAtLeast(0),
                    )
                }
            }
            else -> if (row.isUnknown) correct(row)
        }
    }

    /** The line never became busy: the call was not made. A row that comes later is reported all the same. */
    private fun notDialed(row: JournalRow) {
        if (phone.isInCall()) return placed(row)
        if (match(row) != null) return look(row.copy(stage = CallStage.RESOLVING, endedAt = clock.elapsed()))
        screen.notice(DeskNotice.NOT_DIALED, row.callId, row.number)
        journal.write(row.copy(stage = CallStage.STALE, isUnknown = true))
        ports.say(ClientFrame.Reject(row.callId, RejectReason.STALE))
        ports.wake(CORRECT_EVERY_MS)
    }

    private fun look(row: JournalRow) {
        if (row.isUnknown) return correct(row)
        val found = match(row)
        val isUnreadable = row.maxLogId == null || ports.log.after(row.maxLogId) == null
        when {
            found != null -> conclude(row, found, if (row.looks == 0) ResolveMethod.OBSERVER else ResolveMethod.RETRY)
            isUnreadable -> conclude(row, null, ResolveMethod.UNKNOWN)
            row.looks >= STEPS_MS.size -> conclude(row, null, ResolveMethod.RETRY)
            else -> journal.write(row)
        }
    }

    private fun correct(row: JournalRow) {
        val age = clock.elapsed() - row.dialedAt
        if (row.boot != clock.boot() || age > CORRECT_MS) {
            journal.write(row.copy(isUnknown = false))
            return
        }
        val found = match(row)
        if (found == null) ports.wake(CORRECT_EVERY_MS) else conclude(row, found, ResolveMethod.RETRY)
    }

    private fun match(row: JournalRow): CallLogRow? {
        val rows = row.maxLogId?.let(ports.log::after) ?: return null
        return CallMatch.find(PlacedCall(row.number, row.dialedWall, row.maxLogId), rows)
    }

    private fun conclude(row: JournalRow, found: CallLogRow?, method: ResolveMethod) {
        val result = CallEventPayload(
            callRequestId = row.callId,
            callStatus = found?.let(CallMatch::outgoingStatus) ?: CallStatus.UNKNOWN,
            callStartedAtMillis = found?.date ?: row.dialedWall.takeIf { it > 0 },
            callDurationSeconds = found?.duration,
            callEndedAtMillis = found?.let { it.date + it.duration * 1_000L },
            direction = CallDirection.OUTGOING,
            resolveMethod = method,
            attemptsCount = row.looks.coerceAtLeast(1),
            actionSource = row.source,
        )
        val done = row.copy(stage = CallStage.RESOLVED, reportId = ports.newId(), isUnknown = found == null)
        journal.conclude(done, result)
        if (done.isUnknown) ports.wake(CORRECT_EVERY_MS)
    }

    private fun recoverDialed(row: JournalRow) {
        val here = row.copy(boot = clock.boot())
        when {
            phone.isInCall() && row.boot == clock.boot() -> placed(here)
            // nobody knows whether it rang: twenty seconds for a row of the call log, then «unknown»
            else -> resolve(here.copy(stage = CallStage.RESOLVING, endedAt = clock.elapsed() + RESTART_EXTRA_MS))
        }
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
        private const val NOT_DIALED_MS = 8_000L
        private const val LONGEST_MS = 4 * 3_600_000L
        private const val CORRECT_MS = 2 * 3_600_000L
        private const val CORRECT_EVERY_MS = 60_000L
        private const val RESTART_EXTRA_MS = 5_000L
        private val STEPS_MS = listOf(5_000L, 10_000L, 15_000L)
    }
}
