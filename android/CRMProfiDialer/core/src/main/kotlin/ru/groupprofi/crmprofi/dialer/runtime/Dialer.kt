package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import ru.groupprofi.crmprofi.dialer.commands.CommandDesk
import ru.groupprofi.crmprofi.dialer.commands.DeskPorts
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.history.CallHistory
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.Pulled
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.queue.Outgoing
import ru.groupprofi.crmprofi.dialer.queue.QueuePolicy
import ru.groupprofi.crmprofi.dialer.queue.QueueState
import ru.groupprofi.crmprofi.dialer.session.Place
import ru.groupprofi.crmprofi.dialer.session.Session
import ru.groupprofi.crmprofi.dialer.session.SessionEvent
import ru.groupprofi.crmprofi.dialer.session.SessionState
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.Settings
import ru.groupprofi.crmprofi.dialer.store.SqlJournal
import ru.groupprofi.crmprofi.dialer.store.SqlQueue

/**
 * The whole dialer behind one door. [dispatcher] runs one thing at a time; every method may be called from anywhere and
 * returns at once. Whatever is not foreseen goes to [crashed].
 */
class Dialer(private val w: Wiring, dispatcher: CoroutineDispatcher, private val crashed: (Throwable) -> Unit) {
    private val scope = CoroutineScope(
        SupervisorJob() + dispatcher + CoroutineExceptionHandler { _, error -> failed(error) },
    )
    private val session = Session(w.random)
    private val policy = QueuePolicy(w.random)
    private val settings = Settings(w.db)
    private val queue = SqlQueue(w.db, w.codec, policy) {
        SqlQueue.Stamp(w.clock.wall(), w.clock.boot(), w.clock.elapsed())
    }
    private val history = CallHistory(w.db)
    private val journal = SqlJournal(w.db, queue, history, w.clock::wall)
    private val deskAlarm = DeskAlarm(w.alarms, w.clock)
    private var state = SessionState()
    private var desk: CommandDesk? = null
    private var isDiskFull = false
    private var isRecovered = false
    private val line = LineNow()
    private val outbox = Outbox(w, queue, policy, scope, line)
    private val pulse = Pulse(w, outbox, line)
    private val callers = Callers(w, scope, line, outbox, journal, history, settings)
    private val pulls = Pulls(w, scope, PullTaker())
    private val acts = SessionActs(w, scope, ::step, Hands())
    private val logins = Logins(w, scope, ::came)

    // --- from the system

    /** The process has started. */
    fun start(isSafeMode: Boolean) = post {
        val login = logins.load()
        val isShiftOn = readable(true) { settings[Settings.SHIFT] != "0" }
        state = state.copy(
            place = if (login == null) Place.LOGGED_OUT else Place.IDLE,
            hasTokens = login != null,
            isShiftOn = isShiftOn,
            hasNetwork = w.facts.network() != "none",
        )
        if (isSafeMode) {
            step(SessionEvent.SafeModeEntered)
            return@post outbox.flush()
        }
        if (login != null) {
            sit(login)
            tried { callers.look() }
        }
        step(SessionEvent.Start)
        tried { outbox.flush() }
        tried { journal.prune() }
        tried { queue.prune() }
    }

    fun rang(alarm: String) = post {
        when (alarm) {
            DeskAlarm.NAME -> if (deskAlarm.rang()) desk?.tick()
            Outbox.FLUSH -> outbox.flush()
            Outbox.ACKS -> outbox.tick()
            Outbox.HELD -> outbox.released()
            Pulls.POLL -> pulls.turn()
            Pulse.BEAT -> pulse.beat(state.isShiftOn, pulls.last)
            Pulse.LOGS -> pulse.sendLogs("errors")
            Callers.LOOK -> callers.look()
            Logins.LOCKED -> logins.unlock()
            DISK -> writeAgain()
            else -> SessionActs.timerOf(alarm)?.let { step(SessionEvent.Rang(it)) }
        }
        outboxLater()
    }

    /** Is there room again? Then what could not be written or read is done now. */
    private fun writeAgain() {
        w.tokens.writeAgain()
        if (w.tokens.isUnwritten) w.alarms.wake(DISK, DISK_MS)
        settings[DISK] = "1"
        isDiskFull = false
        if (!isRecovered) recover()
    }

    private fun recover() {
        desk?.recover()
        isRecovered = true
    }

    fun network(isThere: Boolean) = post {
        step(if (isThere) SessionEvent.NetworkBack else SessionEvent.NetworkLost)
        if (isThere) outbox.awake()
    }

    /** The line is taken, or free again. */
    fun lineTaken() = post { desk?.offHook() }

    fun lineFree() = post {
        desk?.idle()
        outbox.flush()
    }

    fun callLogChanged() = post {
        desk?.logChanged()
        outbox.flush()
        callers.look()
    }

    fun rings(number: String) = post { callers.rings(number) }

    // --- from the person

    fun connect() = post { step(SessionEvent.Start) }

    fun shift(isOn: Boolean) = post {
        settings[Settings.SHIFT] = if (isOn) "1" else "0"
        step(SessionEvent.Shift(isOn))
        if (!isOn) pulse.stop() else pulse.beat(true, pulls.last)
    }

    fun dialPolicy(policy: DialPolicy) = post {
        settings[Settings.POLICY] = policy.name
        desk?.policy = policy
    }

    /** [name] is one of [Settings]. */
    fun setting(name: String, value: String?) = post { settings[name] = value }

    suspend fun setting(name: String): String? = scope.async { settings[name] }.await()

    /** «Позвонить» on the notification. */
    fun tapped(callId: String) = post { desk?.tapped(callId) }

    /** «Не сейчас»: the server hears at once that this phone will not. */
    fun declined(callId: String) = post { desk?.declined(callId) }

    /** «Перезвонить»: what came of it is told by the screen. */
    suspend fun redial(historyId: String): Redial = scope.async {
        val item = history.find(historyId) ?: return@async Redial.UNKNOWN
        desk?.redial(w.newId(), item.phone, if (item.isCommand) item.id else "") ?: Redial.NOT_NOW
    }.await()

    /** A call of one's own to a number that the person typed: the self-test. */
    suspend fun call(number: String): Redial =
        scope.async { desk?.redial(w.newId(), number, "") ?: Redial.NOT_NOW }.await()

    /** Outcome and note of a call of the history: kept here, and sent after the call's result. */
    fun note(historyId: String, outcome: String, text: String) = post {
        val userId = w.tokens.current?.personId ?: return@post
        val item = history.find(historyId) ?: return@post
        val id = w.newId()
        val body = JsonObject(
            linkedMapOf(
                "note_id" to JsonPrimitive(id),
                (if (item.isCommand) "call_request_id" else "event_id") to JsonPrimitive(item.id),
                "outcome" to JsonPrimitive(outcome.take(MOST_OUTCOME)),
                "note" to JsonPrimitive(text.take(MOST_NOTE)),
            ),
        )
        w.db.transaction {
            history.remark(historyId, outcome.take(MOST_OUTCOME), text.take(MOST_NOTE))
            // behind the result of its call, which the server has to know first
            queue.add(Outgoing.note(userId, body, id, queue.orderKey(history.reportId(historyId)) ?: item.id))
        }
        outbox.flush()
    }

    suspend fun recent(limit: Int): List<CallHistoryItem> = scope.async { history.recent(limit) }.await()

    fun sendLogs() = post {
        pulse.sendLogs("person")
        w.tokens.current?.let { login -> queue.revive(login.personId) }
        outbox.flush()
    }

    suspend fun logIn(server: ServerAddress, username: String, password: String): ApiResult<Login> =
        logins.byPassword(server, username, password)

    suspend fun logInByCode(server: ServerAddress, token: String): ApiResult<Login> = logins.byCode(server, token)

    fun logOut() = post {
        scope.launch {
            // told to the server on the way; whether it hears it or not, this phone forgets
            desk?.dropOffers()
            withTimeoutOrNull(LAST_WORD_MS) { w.api.logout() }
            tried { callers.end() }
            step(SessionEvent.LogOutAsked)
            tell()
        }
    }

    fun leaveSafeMode() = post {
        w.tokens.current?.let(::sit)
        step(SessionEvent.SafeModeLeft)
    }

    fun error(what: String) = post { pulse.error(what) }

    /** The end of the process, in order: nothing that is written depends on it. */
    fun stop() = scope.cancel()

    // --- inside

    private fun post(act: () -> Unit): Job = scope.launch {
        act()
        tell()
    }

    private fun came(login: Login) {
        tried { settings["user.${login.personId}"] = login.username }
        // what belongs to the one before ends first: nothing of this person goes out over that socket
        step(SessionEvent.LoggedIn)
        sit(login)
        tell()
    }

    /** The person sits down at this phone. */
    private fun sit(login: Login) {
        desk?.dropOffers()
        val chosen = readable(DialPolicy.ASK.name) { settings[Settings.POLICY] }
        val policy = DialPolicy.entries.firstOrNull { it.name == chosen } ?: DialPolicy.AT_ONCE
        desk = CommandDesk(DeskPortsNow(), login.personId, policy)
        isRecovered = false
        tried { recover() }
        tried { queue.release(login.personId) }
        tried { callers.begin() }
        tried { if (pulse.hasCrash) pulse.sendLogs("crash") }
        tried { outbox.flush() }
    }

    private fun step(event: SessionEvent) {
        val next = session.step(state, event, w.clock.elapsed())
        val was = state
        state = next.state
        if (state.place != was.place) w.ring.add("${was.place} → ${state.place}")
        for (effect in next.effects) tried { acts.act(effect, line.userId != 0L) }
        if (state.told != was.told) tell()
    }

    private fun outboxLater() {
        if (desk != null) outbox.flush()
    }

    /** What the disk does not take must not end what comes after it. */
    private inline fun tried(act: () -> Unit) {
        try {
            act()
        } catch (error: DbFailed) {
            failed(error)
        }
    }

    private fun <T> readable(otherwise: T, act: () -> T): T = try {
        act()
    } catch (error: DbFailed) {
        failed(error)
        otherwise
    }

    private fun failed(error: Throwable) {
        if (error !is DbFailed) return crashed(error)
        isDiskFull = true
        w.alarms.wake(DISK, DISK_MS)
        w.ring.add("ERROR база: ${error.message}")
        post { }
    }

    private fun tell() {
        val login = w.tokens.current
        val results = try {
            queue.results()
        } catch (_: DbFailed) {
            emptyList()
        }
        val others = results.filter { it.first != login?.personId && it.second != QueueState.DEAD }
        val mine = results.filter { it.first == login?.personId && it.second != QueueState.DEAD }
        val health = if (mine.isEmpty()) null else outbox.health()
        w.screen.status(
            DialerStatus(
                told = state.told,
                username = login?.username.orEmpty(),
                server = login?.server.orEmpty(),
                isShiftOn = state.isShiftOn,
                waiting = mine.sumOf { it.third },
                dead = results.filter { it.second == QueueState.DEAD }.sumOf { it.third },
                othersWaiting = others.sumOf { it.third },
                othersName = others.firstOrNull()?.let { settings["user.${it.first}"] }.orEmpty(),
                isStuck = health?.isStuck ?: false,
                isLate = health?.tellPerson ?: false,
                wasDamaged = w.tokens.wasDamaged,
                isDiskFull = isDiskFull || w.tokens.isUnwritten,
                isLocked = logins.isLocked,
            ),
        )
    }

    private inner class LineNow : Outbox.Line {
        override val userId get() = w.tokens.current?.personId ?: 0L
        override val isOnline get() = state.place == Place.ONLINE && state.isSynced
        override val hasNetwork get() = state.hasNetwork

        override fun send(frame: ClientFrame) = acts.send(frame)

        override fun delivered(reportId: String) {
            history.sent(reportId)
            desk?.acked(reportId)
        }

        override fun refused() = acts.renew {
            if (w.tokens.isUnwritten) w.alarms.wake(DISK, DISK_MS)
            if (it is ApiResult.Error && it.code in ApiClient.REFUSED) step(SessionEvent.LogOutAsked)
        }

        override fun changed() = tell()
    }

    private inner class PullTaker : Pulls.Taker {
        override val isBusy get() = w.phone.isInCall() || desk?.isBusy == true

        override val userId get() = line.userId

        override fun take(pulled: Pulled, askedAt: Long) {
            val mayDial = state.isShiftOn && state.hasTokens && state.place != Place.SAFE_MODE
            if (mayDial) desk?.pulled(pulled.offer, pulled.lease, pulled.withinMs, askedAt)
            tell()
        }

        override fun unauthorized() = step(SessionEvent.PollUnauthorized)

        override fun isBack() = outbox.awake()
    }

    private inner class DeskPortsNow : DeskPorts {
        override val clock = w.clock
        override val phone = w.phone
        override val log = w.log
        override val journal = this@Dialer.journal
        override val screen = w.screen

        override val isOnline get() = line.isOnline

        override fun say(frame: ClientFrame) = acts.say(frame)

        override fun wake(inMs: Long) = deskAlarm.wake(inMs)

        override fun newId() = w.newId()
    }

    /** What the session's effects move beside the socket. */
    private inner class Hands : SessionActs.Hands {
        override val desk get() = this@Dialer.desk
        override val outbox get() = this@Dialer.outbox
        override val pulse get() = this@Dialer.pulse
        override val callers get() = this@Dialer.callers
        override val pulls get() = this@Dialer.pulls
        override val isOnline get() = state.place == Place.ONLINE

        override fun loggedOut() {
            this@Dialer.desk?.dropOffers()
            this@Dialer.desk = null
            pulse.stop()
        }

        override fun failed(error: DbFailed) = this@Dialer.failed(error)
    }

    private companion object {
        const val DISK = "disk"
        const val DISK_MS = 60_000L
        const val LAST_WORD_MS = 3_000L
        const val MOST_OUTCOME = 40
        const val MOST_NOTE = 2_000
    }
}
