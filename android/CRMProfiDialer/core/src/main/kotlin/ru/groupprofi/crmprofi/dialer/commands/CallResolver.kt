package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.calls.CallMatch
import ru.groupprofi.crmprofi.dialer.calls.PlacedCall
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.contract.isoUtc
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.Phase
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason

/** From a dialled number to its result: the line, the call log, three more looks, and two hours for a correction. */
internal class CallResolver(private val ports: DeskPorts) {
    private val journal get() = ports.journal
    private val clock get() = ports.clock
    private val phone get() = ports.phone
    private val screen get() = ports.screen

    /** The line is taken by it. */
    fun placed(row: JournalRow) {
        journal.write(row.copy(stage = CallStage.PLACED))
        if (!row.isOwn) ports.say(ClientFrame.State(row.callId, Phase.DIALING, now(), row.lease))
        ports.wake(LONGEST_MS)
    }

    /** The line is free again. */
    fun idle() {
        for (row in journal.open().filter { it.stage == CallStage.PLACED && phone.canObserve }) ended(row)
    }

    private fun ended(row: JournalRow) {
        if (!row.isOwn) ports.say(ClientFrame.State(row.callId, Phase.ENDED, now(), row.lease))
        resolve(row.copy(stage = CallStage.RESOLVING, endedAt = clock.elapsed()))
    }

    /** The call log has changed. */
    fun logChanged() {
        for (row in journal.open()) {
            when {
                row.stage == CallStage.RESOLVING || row.isUnknown -> look(row)
                // rows are written when a call has ended, whether its end was heard or not
                row.stage == CallStage.PLACED && match(row) != null -> ended(row)
            }
        }
    }

    /** It has ended: its result is looked for, now and 5, 10, 15 seconds later. */
    fun resolve(row: JournalRow) {
        journal.write(row)
        look(row)
        ports.wake(STEPS_MS.first())
    }

    /** Time goes on for one row. */
    fun advance(row: JournalRow) {
        val now = clock.elapsed()
        when (row.stage) {
            CallStage.DIALING -> if (now - row.dialedAt >= NOT_DIALED_MS) notDialed(row)
            CallStage.PLACED -> when {
                // its end was not heard, or could not be written
                phone.canObserve && !phone.isInCall() -> ended(row)
                now - row.dialedAt >= LONGEST_MS -> conclude(row, null, ResolveMethod.RETRY)
            }
            CallStage.RESOLVING -> {
                val due = STEPS_MS.count { now - row.endedAt >= it }
                // past the last step only when the result could not be written
                if (due > row.looks || due == STEPS_MS.size) look(row.copy(looks = due))
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
        if (!row.isOwn) ports.say(ClientFrame.Reject(row.callId, RejectReason.STALE))
        ports.wake(CORRECT_EVERY_MS)
    }

    private fun look(row: JournalRow) {
        if (row.isUnknown) return correct(row)
        val rows = rowsAfter(row)
        val found = rows?.let { match(row, it) }
        when {
            found != null -> conclude(row, found, if (row.looks == 0) ResolveMethod.OBSERVER else ResolveMethod.RETRY)
            rows == null -> conclude(row, null, ResolveMethod.UNKNOWN)
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

    /** Null when the call log may not be read, or could not be before the dialling. */
    private fun rowsAfter(row: JournalRow): List<CallLogRow>? = row.maxLogId?.let(ports.log::after)

    private fun match(row: JournalRow): CallLogRow? = rowsAfter(row)?.let { match(row, it) }

    private fun match(row: JournalRow, rows: List<CallLogRow>): CallLogRow? =
        row.maxLogId?.let { CallMatch.find(PlacedCall(row.number, row.dialedWall, it, phone.sim), rows) }

    private fun conclude(row: JournalRow, found: CallLogRow?, method: ResolveMethod) {
        val result = CallEventPayload(
            callRequestId = if (row.isOwn) row.requestId.ifEmpty { null } else row.callId,
            eventId = row.callId.takeIf { row.isOwn },
            phone = row.number.takeIf { row.isOwn },
            callStatus = found?.let(CallMatch::outgoingStatus) ?: CallStatus.UNKNOWN,
            callStartedAtMillis = found?.date ?: row.dialedWall.takeIf { it > 0 },
            callDurationSeconds = found?.duration,
            callEndedAtMillis = found?.let { it.date + it.duration * 1_000L },
            direction = CallDirection.OUTGOING,
            resolveMethod = method,
            attemptsCount = row.looks.coerceAtLeast(1),
            actionSource = row.source,
        )
        val done = row.copy(
            stage = CallStage.RESOLVED,
            reportId = ports.newId(),
            isUnknown = found == null,
            logId = found?.id,
        )
        when {
            !journal.conclude(done, result) -> screen.notice(DeskNotice.MEMORY_FULL, row.callId, row.number)
            !row.isUnknown -> screen.finished(row.callId)
        }
        if (done.isUnknown || journal.find(row.callId)?.stage != CallStage.RESOLVED) ports.wake(CORRECT_EVERY_MS)
    }

    /** After the process has started. */
    fun recover(row: JournalRow) {
        val here = row.copy(boot = clock.boot())
        when {
            // what happened while nobody was alive to hear of it
            row.isUnknown -> correct(row)
            row.stage == CallStage.RESOLVING -> resolve(here.copy(endedAt = clock.elapsed()))
            row.stage != CallStage.DIALING && row.stage != CallStage.PLACED -> Unit
            phone.isInCall() && row.boot == clock.boot() -> placed(here)
            // nobody knows whether it rang: twenty seconds for a row of the call log, then «unknown»
            else -> resolve(here.copy(stage = CallStage.RESOLVING, endedAt = clock.elapsed() + RESTART_EXTRA_MS))
        }
    }

    private fun now() = isoUtc(clock.wall())

    companion object {
        const val NOT_DIALED_MS = 8_000L
        private const val LONGEST_MS = 4 * 3_600_000L
        private const val CORRECT_MS = 2 * 3_600_000L
        private const val CORRECT_EVERY_MS = 60_000L
        private const val RESTART_EXTRA_MS = 5_000L
        private val STEPS_MS = listOf(5_000L, 10_000L, 15_000L)
    }
}
