package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.calls.CallMatch
import ru.groupprofi.crmprofi.dialer.commands.Journal
import ru.groupprofi.crmprofi.dialer.contract.ActionSource
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.history.CallHistory
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.phone.PhoneNumberNormalizer
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.queue.Outgoing
import ru.groupprofi.crmprofi.dialer.store.Settings

/**
 * Calls that nobody clicked for: the card while it rings, and afterwards the result of those whose number the CRM
 * knows. Other numbers never leave the phone, unless the person has agreed (M-35).
 */
internal class Callers(
    private val w: Wiring,
    private val scope: CoroutineScope,
    private val line: Outbox.Line,
    private val outbox: Outbox,
    private val journal: Journal,
    private val history: CallHistory,
    private val settings: Settings,
) {
    private class Question(val number: String, val isRinging: Boolean, val until: Long)

    private val questions = LinkedHashMap<String, Question>()
    private val known = LinkedHashMap<String, Pair<Long, ServerFrame.Caller>>()
    private var looking: Job? = null
    private var askedAt = -PACE_BY_REST_MS

    /** The phone rings: who is it? */
    fun rings(number: String) {
        if (line.userId == 0L || PhoneNumberNormalizer.digits(number).length < SHORTEST) return
        remembered(number)?.let { return show(number, it) }
        ask(number, isRinging = true)
    }

    /** The frame `caller`. */
    fun answered(caller: ServerFrame.Caller) {
        val question = questions.remove(caller.queryId) ?: return
        learn(question.number, caller)
        if (question.isRinging && w.clock.elapsed() < question.until) show(question.number, caller)
        if (!question.isRinging) look()
    }

    fun disconnected() = questions.clear()

    /** The person sits down: calls from before, of others or of nobody, are nobody's business. */
    fun begin() {
        questions.clear()
        known.clear()
        if (settings[Settings.CURSOR_OF] != line.userId.toString()) settings[Settings.CURSOR] = null
        if (settings[Settings.CURSOR] == null) startHere()
    }

    private fun startHere() {
        val newest = w.log.maxId() ?: return
        w.db.transaction {
            settings[Settings.CURSOR_OF] = line.userId.toString()
            settings[Settings.CURSOR] = newest.toString()
        }
    }

    /** The person has left the phone: what is called from now on is not told to anybody. */
    fun end() {
        settings[Settings.CURSOR] = null
    }

    /** Rows of the call log that are new and belong to no command; what cannot be asked now is asked later. */
    fun look() {
        if (line.userId == 0L || !line.hasNetwork) return
        val cursor = settings[Settings.CURSOR]?.toLongOrNull() ?: return startHere()
        val rows = w.log.after(cursor)?.sortedBy { it.id } ?: return
        if (rows.isEmpty()) return
        val taken = journal.takenLogIds(cursor)
        val waiting = journal.open().filter { !it.stage.isOver }.map { it.number }
        for (row in rows) {
            if (!pass(row, taken, waiting)) break
            settings[Settings.CURSOR] = row.id.toString()
        }
        // the port may have told only the oldest
        if (settings[Settings.CURSOR] == rows.last().id.toString()) w.alarms.wake(LOOK, PACE_MS)
        outbox.flush()
    }

    /** False when this row and those after it have to wait. */
    private fun pass(row: CallLogRow, taken: Set<Long>, waiting: List<String>): Boolean {
        val isOurs = row.number.isEmpty() || row.id in taken
        // a command that has not found its row yet may mean this one
        val isWaitedFor = waiting.any { PhoneNumberNormalizer.isSame(it, row.number) }
        return isOurs || (!isWaitedFor && settle(row))
    }

    /** False when the answer has to be waited for. */
    private fun settle(row: CallLogRow): Boolean {
        val result = eventOf(row) ?: return true
        val caller = remembered(row.number)
        val isShared = settings[Settings.SHARE_ALL] == "1"
        if (caller == null && !isShared) {
            askSlowly(row.number)
            return false
        }
        if (caller?.isFound != true && !isShared) return true
        val eventId = "${w.instance.take(ID_PART)}-${row.id}"
        val reportId = "e-$eventId"
        w.db.transaction {
            outbox.keep(Outgoing.result(line.userId, reportId, result.copy(eventId = eventId), orderKey = eventId))
            history.record(reportId, eventId, row.number, result)
            caller?.let { history.name(eventId, it.title.ifEmpty { it.contact }) }
        }
        if (w.clock.wall() - row.date < RECENT_MS) w.screen.finished(eventId)
        return true
    }

    private fun eventOf(row: CallLogRow): CallEventPayload? {
        val direction = CallDirection.fromCallLogType(row.type)
        val status = when (direction) {
            CallDirection.OUTGOING -> CallMatch.outgoingStatus(row)
            else -> CallMatch.incomingStatus(row) ?: return null
        }
        return CallEventPayload(
            callStatus = status,
            callStartedAtMillis = row.date,
            callDurationSeconds = row.duration,
            callEndedAtMillis = row.date + row.duration * 1_000L,
            direction = direction,
            resolveMethod = ResolveMethod.OBSERVER,
            attemptsCount = 1,
            actionSource = ActionSource.HISTORY,
            phone = row.number,
        )
    }

    /** The server answers so many questions a second and the others with «nobody», which would lose calls. */
    private fun askSlowly(number: String) {
        val now = w.clock.elapsed()
        val waitMs = askedAt + (if (line.isOnline) PACE_MS else PACE_BY_REST_MS) - now
        if (waitMs > 0) return w.alarms.wake(LOOK, waitMs)
        askedAt = now
        ask(number, isRinging = false)
    }

    private fun ask(number: String, isRinging: Boolean) {
        if (questions.values.any { it.number == number && it.isRinging == isRinging && isFresh(it) }) return
        val queryId = w.newId()
        questions[queryId] = Question(number, isRinging, w.clock.elapsed() + PATIENCE_MS)
        while (questions.size > MOST) questions.remove(questions.keys.first())
        if (line.isOnline && line.send(ClientFrame.Lookup(queryId, number))) {
            w.alarms.wake(LOOK, PATIENCE_MS)
            return
        }
        val before = looking
        looking = scope.launch {
            before?.join()
            when (val answer = w.api.lookup(queryId, number)) {
                is ApiResult.Success -> answered(answer.value)
                is ApiResult.Error -> {
                    questions.remove(queryId)
                    w.alarms.wake(LOOK, AGAIN_MS)
                }
            }
        }
    }

    private fun isFresh(question: Question) = w.clock.elapsed() < question.until

    private fun show(number: String, caller: ServerFrame.Caller) {
        if (caller.isFound) w.screen.caller(number, caller)
    }

    private fun learn(number: String, caller: ServerFrame.Caller) {
        known[key(number)] = w.clock.elapsed() to caller
        while (known.size > MOST) known.remove(known.keys.first())
    }

    private fun remembered(number: String): ServerFrame.Caller? =
        known[key(number)]?.takeIf { (at, _) -> w.clock.elapsed() - at < REMEMBERED_MS }?.second

    private fun key(number: String) = PhoneNumberNormalizer.digits(number).takeLast(SIGNIFICANT)

    companion object {
        const val LOOK = "look"
        private const val SHORTEST = 5
        private const val SIGNIFICANT = 10
        private const val MOST = 200
        private const val ID_PART = 32
        private const val PATIENCE_MS = 10_000L
        private const val PACE_MS = 250L
        private const val PACE_BY_REST_MS = 1_500L
        private const val RECENT_MS = 600_000L
        private const val AGAIN_MS = 60_000L
        private const val REMEMBERED_MS = 600_000L
    }
}
