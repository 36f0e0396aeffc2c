package ru.groupprofi.crmprofi.dialer.core

import android.os.Handler
import android.os.Looper
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import java.io.Closeable

/** The dialer's state for the screens: told from any thread, heard on the main one. */
class StatusBoard {
    private val main = Handler(Looper.getMainLooper())
    private val listeners = LinkedHashSet<(DialerStatus) -> Unit>()

    @Volatile
    var now: DialerStatus = DialerStatus()
        private set

    /** The dialer has spoken: until then [now] is only a beginning. */
    @Volatile
    var isKnown = false
        private set

    fun tell(status: DialerStatus) {
        if (status == now && isKnown) return
        now = status
        isKnown = true
        main.post { listeners.toList().forEach { if (it in listeners) it(now) } }
    }

    fun watch(listener: (DialerStatus) -> Unit): Closeable {
        onMain {
            listeners += listener
            listener(now)
        }
        return Closeable { onMain { listeners -= listener } }
    }

    private fun onMain(act: () -> Unit) {
        if (Looper.myLooper() == Looper.getMainLooper()) act() else main.post(act)
    }
}
