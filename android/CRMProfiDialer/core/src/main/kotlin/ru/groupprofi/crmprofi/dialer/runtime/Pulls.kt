package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Pulled
import ru.groupprofi.crmprofi.dialer.net.code
import ru.groupprofi.crmprofi.dialer.session.PollPace

/** Asks for commands while the socket is away, one request at a time. */
internal class Pulls(
    private val w: Wiring,
    private val scope: CoroutineScope,
    private val desk: Taker,
    private val pace: PollPace = PollPace(w.random),
) {
    interface Taker {
        /** A pull is a grant: nobody asks for one in the middle of a call. */
        val isBusy: Boolean

        /** Who is logged in; 0 for nobody. */
        val userId: Long

        fun take(pulled: Pulled, askedAt: Long)

        fun unauthorized()

        /** The server answers again after one that failed. */
        fun isBack()
    }

    private var isOn = false
    private var asking: Job? = null

    /** HTTP's number of the last answer, 0 for none, and the wall clock; null before the first. */
    var last: Pair<Int, Long>? = null
        private set

    fun start() {
        if (isOn) return
        isOn = true
        turn()
    }

    fun stop() {
        isOn = false
        w.alarms.forget(POLL)
    }

    /** Ask at once, or when the question that is under way was answered. */
    fun turn() {
        if (!isOn || asking?.isActive == true) return
        if (desk.isBusy) return w.alarms.wake(POLL, BUSY_MS)
        asking = scope.launch {
            val askedAt = w.clock.elapsed()
            val person = desk.userId
            val answer = w.api.pullCall()
            val wasAway = last?.let { it.first !in GOOD } ?: false
            last = answer.code to w.clock.wall()
            asking = null
            val found = (answer as? ApiResult.Success)?.value
            val status = if (answer is ApiResult.Success && found == null) EMPTY else answer.code
            if (isOn) w.alarms.wake(POLL, pace.next(status, (answer as? ApiResult.Error)?.retryAfterS))
            // somebody else may have come in while it was on its way: it is not for them
            if (desk.userId != person) return@launch
            if (found != null) desk.take(found, askedAt)
            if (wasAway && answer.code in GOOD) desk.isBack()
            if (answer.code == ApiClient.UNAUTHORIZED) desk.unauthorized()
        }
    }

    companion object {
        const val POLL = "poll"
        private const val EMPTY = 204
        private val GOOD = 200..299
        private const val BUSY_MS = 1_000L
    }
}
