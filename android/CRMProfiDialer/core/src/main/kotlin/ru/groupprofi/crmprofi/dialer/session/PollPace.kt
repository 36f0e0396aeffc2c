package ru.groupprofi.crmprofi.dialer.session

import kotlin.random.Random

/** How long until the next poll: one second after a command, one to three usually, five when there is little to do. */
class PollPace(private val random: Random = Random.Default) {
    private var empty = 0

    /** [status] is HTTP's, 0 for no answer; [retryAfterS] of the answer where it has one. Milliseconds. */
    fun next(status: Int, retryAfterS: Int? = null): Long = when (status) {
        200 -> {
            empty = 0
            AFTER_COMMAND_MS
        }
        429, 503 -> (retryAfterS?.coerceIn(1, MOST_S) ?: PAUSE_S) * 1000L
        else -> {
            empty += 1
            if (empty > MANY) IDLE_MS else random.nextLong(USUAL_FROM_MS, USUAL_TO_MS)
        }
    }

    private companion object {
        const val AFTER_COMMAND_MS = 1_000L
        const val USUAL_FROM_MS = 1_000L
        const val USUAL_TO_MS = 3_000L
        const val IDLE_MS = 5_000L
        const val MANY = 10
        const val PAUSE_S = 20
        const val MOST_S = 600
    }
}
