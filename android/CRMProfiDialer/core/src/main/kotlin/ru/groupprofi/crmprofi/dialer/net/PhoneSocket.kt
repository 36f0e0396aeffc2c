package ru.groupprofi.crmprofi.dialer.net

import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener

/** One socket; [send] is false when it cannot take any more. */
interface Socket {
    fun send(text: String): Boolean

    fun close(code: Int)
}

/** What a socket tells, on a thread of its own; [gen] says which socket it was. */
interface SocketEars {
    fun opened(gen: Int)

    fun heard(gen: Int, text: String)

    /** 1006 where no close frame came. Said once. */
    fun closed(gen: Int, code: Int)
}

fun interface SocketMaker {
    fun open(gen: Int, server: ServerAddress, ears: SocketEars): Socket
}

/** OkHttp's WebSocket at `/ws/phone/`; the token goes in the first frame, never in the address. */
class OkHttpSockets(private val http: OkHttpClient) : SocketMaker {
    override fun open(gen: Int, server: ServerAddress, ears: SocketEars): Socket {
        val request = Request.Builder().url(server.url("/ws/phone/"))
            .tag(AuthInterceptor.Anonymous::class.java, AuthInterceptor.Anonymous)
            .build()
        val socket = http.newWebSocket(request, Listener(gen, ears))
        return object : Socket {
            override fun send(text: String) = socket.queueSize() < MOST_QUEUED && socket.send(text)

            override fun close(code: Int) {
                // an end that is not asked for by the protocol gets no courtesy: the line may be dead
                if (!socket.close(code, null)) socket.cancel()
            }
        }
    }

    private class Listener(private val gen: Int, private val ears: SocketEars) : WebSocketListener() {
        private var isOver = false

        override fun onOpen(webSocket: WebSocket, response: Response) = ears.opened(gen)

        override fun onMessage(webSocket: WebSocket, text: String) = ears.heard(gen, text)

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            webSocket.close(NORMAL, null)
            over(code)
        }

        override fun onClosed(webSocket: WebSocket, code: Int, reason: String) = over(code)

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) = over(ABNORMAL)

        @Synchronized
        private fun over(code: Int) {
            if (isOver) return
            isOver = true
            ears.closed(gen, code)
        }
    }

    private companion object {
        const val MOST_QUEUED = 1_000_000L
        const val NORMAL = 1000
        const val ABNORMAL = 1006
    }
}
