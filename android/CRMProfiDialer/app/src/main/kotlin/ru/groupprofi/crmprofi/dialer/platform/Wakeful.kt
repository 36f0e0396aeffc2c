package ru.groupprofi.crmprofi.dialer.platform

import okhttp3.Interceptor
import okhttp3.Response
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.net.Socket
import ru.groupprofi.crmprofi.dialer.net.SocketEars
import ru.groupprofi.crmprofi.dialer.net.SocketMaker
import java.io.Closeable

/** When the server was heard last, by any way. */
class LastHeard(private val elapsed: () -> Long) : Interceptor {
    @Volatile
    private var at: Long? = null

    fun now() {
        at = elapsed()
    }

    fun sinceMs(): Long? = at?.let { elapsed() - it }

    override fun intercept(chain: Interceptor.Chain): Response = chain.proceed(chain.request()).also { now() }
}

/** Keeps the phone awake while a frame is carried out; the frequent ping needs only a moment. */
class WakefulSockets(private val inner: SocketMaker, private val awake: Awake, private val last: LastHeard) :
    SocketMaker,
    Closeable {
    @Volatile
    private var open: Socket? = null

    override fun open(gen: Int, server: ServerAddress, ears: SocketEars): Socket =
        inner.open(gen, server, Ears(ears)).also { open = it }

    /** The last one; the dialer has closed those before. */
    override fun close() {
        open?.close(NORMAL)
    }

    private inner class Ears(private val inner: SocketEars) : SocketEars {
        override fun opened(gen: Int) {
            awake.hold()
            last.now()
            inner.opened(gen)
        }

        override fun closed(gen: Int, code: Int) {
            awake.hold()
            inner.closed(gen, code)
        }

        override fun heard(gen: Int, text: String) {
            awake.hold(if (PING in text.take(PING_SIZE)) MOMENT_MS else Awake.MOST_MS)
            last.now()
            inner.heard(gen, text)
        }
    }

    private companion object {
        const val PING = "\"ping\""
        const val PING_SIZE = 80
        const val MOMENT_MS = 1_000L
        const val NORMAL = 1000
    }
}
