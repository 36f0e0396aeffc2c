package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.commands.CommandDesk
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.net.Socket
import ru.groupprofi.crmprofi.dialer.net.SocketEars
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.session.SessionEffect
import ru.groupprofi.crmprofi.dialer.session.SessionEvent
import ru.groupprofi.crmprofi.dialer.session.Timer
import ru.groupprofi.crmprofi.dialer.store.DbFailed

/** Carries out what the session wants: the socket, the tokens, the frames that are for others. */
internal class SessionActs(
    private val w: Wiring,
    private val scope: CoroutineScope,
    private val step: (SessionEvent) -> Unit,
    private val hands: Hands,
) {
    interface Hands {
        val desk: CommandDesk?
        val outbox: Outbox
        val pulse: Pulse
        val callers: Callers
        val pulls: Pulls
        val isOnline: Boolean

        fun loggedOut()

        /** The disk did not take what had to be written. */
        fun failed(error: DbFailed)
    }

    private var socket: Pair<Int, Socket>? = null
    private val byRest = Channel<ClientFrame>(Channel.UNLIMITED)

    init {
        scope.launch {
            for (frame in byRest) {
                try {
                    tellByRest(frame)
                } catch (error: DbFailed) {
                    hands.failed(error)
                }
            }
        }
    }

    private val ears = object : SocketEars {
        override fun opened(gen: Int) = later(SessionEvent.Opened(gen))

        override fun heard(gen: Int, text: String) {
            val frame = ServerFrame.parse(text)
            later(SessionEvent.Heard(gen, frame))
        }

        override fun closed(gen: Int, code: Int) = later(SessionEvent.Closed(gen, code))

        private fun later(event: SessionEvent) {
            scope.launch {
                if (event is SessionEvent.Closed && socket?.first == event.gen) gone()
                step(event)
            }
        }
    }

    fun act(effect: SessionEffect, isLoggedIn: Boolean) {
        when (effect) {
            is SessionEffect.Open -> open(effect.gen)
            is SessionEffect.Close -> close(effect)
            is SessionEffect.SayAuth -> auth(effect.gen)
            is SessionEffect.SayRefresh -> w.tokens.current?.let { sendOn(effect.gen, ClientFrame.Refresh(it.access)) }
            is SessionEffect.SayPong -> sendOn(effect.gen, ClientFrame.Pong(effect.ts, effect.id))
            is SessionEffect.Wake -> w.alarms.wake(nameOf(effect.timer), effect.inMs)
            is SessionEffect.Forget -> w.alarms.forget(nameOf(effect.timer))
            SessionEffect.RefreshToken -> refresh()
            SessionEffect.WipeTokens -> wipe()
            SessionEffect.StartPolls -> {
                hands.pulls.start()
                hands.pulse.beat(true, hands.pulls.last)
            }
            SessionEffect.StopPolls -> hands.pulls.stop()
            SessionEffect.PollNow -> hands.pulls.turn()
            SessionEffect.Settled -> settled()
            is SessionEffect.Handle -> if (isLoggedIn) handle(effect.frame)
            SessionEffect.DropOffers -> hands.desk?.dropOffers()
            SessionEffect.SayShiftOff -> hands.pulse.beat(false, hands.pulls.last)
        }
    }

    /** Over the socket; false while there is none. */
    fun send(frame: ClientFrame): Boolean = socket?.second?.send(frame.encode()) ?: false

    /** Over the socket, or by REST what REST has words for; one after another. */
    fun say(frame: ClientFrame) {
        if (hands.isOnline && send(frame)) return
        if (frame is ClientFrame.State || frame is ClientFrame.Reject) byRest.trySend(frame)
    }

    /** A new access token: what was held may go, and [then] hears what came of it. */
    fun renew(then: (ApiResult<Login>) -> Unit) {
        val stale = w.tokens.current?.access ?: return
        scope.launch {
            val answer = w.api.refresh(stale)
            if (answer is ApiResult.Success) hands.outbox.released(answer.value.personId)
            then(answer)
        }
    }

    private fun open(gen: Int) {
        val server = w.tokens.current?.server?.let(ServerAddress::stored)
        if (server == null) {
            scope.launch { step(SessionEvent.Closed(gen, ABNORMAL)) }
            return
        }
        socket?.second?.close(NORMAL)
        socket = gen to w.sockets.open(gen, server, ears)
    }

    private fun close(effect: SessionEffect.Close) {
        if (socket?.first != effect.gen) return
        socket?.second?.close(effect.code)
        gone()
    }

    private fun gone() {
        socket = null
        hands.outbox.disconnected()
        hands.callers.disconnected()
    }

    private fun auth(gen: Int) {
        val login = w.tokens.current ?: return
        sendOn(
            gen,
            ClientFrame.Auth(
                login.access,
                w.deviceId,
                w.instance,
                w.facts.deviceName,
                w.facts.appVersion,
                PLATFORM,
                w.facts.isEncrypted,
            ),
        )
    }

    private fun sendOn(gen: Int, frame: ClientFrame) {
        if (socket?.first == gen) send(frame)
    }

    private fun refresh() = renew { answer ->
        when (answer) {
            is ApiResult.Success -> {
                val leftS = answer.value.endsAtS - w.clock.wall() / 1_000
                step(SessionEvent.Refreshed((leftS.takeIf { it in PLAUSIBLE_S } ?: USUAL_S) * 1_000))
            }
            is ApiResult.Error ->
                step(if (answer.code in ApiClient.REFUSED) SessionEvent.RefreshRefused else SessionEvent.RefreshFailed)
        }
    }

    private fun wipe() {
        hands.loggedOut()
        w.tokens.wipe()
    }

    private fun settled() {
        hands.outbox.awake()
        hands.pulse.beat(true, hands.pulls.last)
        hands.callers.look()
    }

    private fun handle(frame: ServerFrame) {
        val desk = hands.desk
        when (frame) {
            is ServerFrame.Offer -> desk?.offered(frame)
            is ServerFrame.Go -> desk?.granted(frame)
            is ServerFrame.No -> desk?.refused(frame)
            is ServerFrame.Revoke -> desk?.revoked(frame)
            is ServerFrame.Ack -> hands.outbox.acked(frame.reportId)
            is ServerFrame.Caller -> hands.callers.answered(frame)
            is ServerFrame.Notice -> {
                w.screen.reminder(frame)
                frame.id?.let { send(ClientFrame.Seen(it)) }
            }
            is ServerFrame.WantLogs -> hands.pulse.sendLogs("asked")
            is ServerFrame.Error -> hands.pulse.error("сервер: ${frame.code}")
            is ServerFrame.Broken -> hands.pulse.error("кадр не прочитан: ${frame.why}")
            else -> Unit
        }
    }

    private suspend fun tellByRest(frame: ClientFrame) {
        when (frame) {
            is ClientFrame.State -> {
                val answer = w.api.sendState(frame.callId, frame.lease.orEmpty(), frame.phase, frame.at)
                if ((answer as? ApiResult.Success)?.value == true) {
                    hands.desk?.revoked(ServerFrame.Revoke(frame.callId, "cancelled"))
                }
            }
            is ClientFrame.Reject -> w.api.sendReject(frame.callId, frame.reason)
            else -> Unit
        }
    }

    companion object {
        private const val PREFIX = "session."
        private const val ABNORMAL = 1006
        private const val NORMAL = 1000
        private const val USUAL_S = 3_600L
        private val PLAUSIBLE_S = 60L..86_400L

        fun nameOf(timer: Timer): String = PREFIX + timer.name

        fun timerOf(alarm: String): Timer? = Timer.entries.firstOrNull { nameOf(it) == alarm }
    }
}
