package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.os.PowerManager

/** Keeps the processor awake for a moment; it ends by itself, so nothing can forget it. */
class Awake(context: Context) {
    private val lock = (context.getSystemService(Context.POWER_SERVICE) as PowerManager)
        .newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "crmprofi:work")
        .apply { setReferenceCounted(false) }

    private var until = 0L

    /** A short wish does not cut a longer one. */
    @Synchronized
    fun hold(ms: Long = USUAL_MS) {
        val wanted = ms.coerceAtMost(MOST_MS)
        val end = android.os.SystemClock.elapsedRealtime() + wanted
        if (end <= until) return
        until = end
        lock.acquire(wanted)
    }

    val isHeld: Boolean get() = lock.isHeld

    companion object {
        const val USUAL_MS = 5_000L
        const val MOST_MS = 11_000L
    }
}
