package ru.groupprofi.crmprofi.dialer.fakes

import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okhttp3.mockwebserver.Dispatcher
import okhttp3.mockwebserver.MockResponse
import okhttp3.mockwebserver.MockWebServer
import okhttp3.mockwebserver.RecordedRequest
import okio.ByteString.Companion.encodeUtf8
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import java.io.Closeable
import java.util.concurrent.CopyOnWriteArrayList

/** The CRM as the phone sees it: a log-in, the socket with its first words, and a claim that is always granted. */
class FakeServer : Closeable {
    private val http = MockWebServer()
    val heard = CopyOnWriteArrayList<String>()
    val requests = CopyOnWriteArrayList<String>()

    @Volatile private var socket: WebSocket? = null

    val isConnected: Boolean get() = socket != null
    val address: ServerAddress get() = ServerAddress(http.url("/"))

    fun start() {
        http.dispatcher = object : Dispatcher() {
            override fun dispatch(request: RecordedRequest) = answer(request)
        }
        http.start()
    }

    fun say(text: String) {
        checkNotNull(socket).send(text)
    }

    fun frames(type: String) = heard.filter { "\"type\":\"$type\"" in it }

    override fun close() {
        socket?.close(1001, null)
        http.shutdown()
    }

    private fun answer(request: RecordedRequest): MockResponse {
        val path = request.path.orEmpty().substringBefore('?')
        requests += path
        return when (path) {
            "/ws/phone/" -> MockResponse().withWebSocketUpgrade(Listener())
            "/api/token/" -> MockResponse().setBody("""{"access":"${token()}","refresh":"r","username":"ivanov"}""")
            else -> MockResponse().setBody("{}")
        }
    }

    private fun token(): String {
        val ends = System.currentTimeMillis() / 1_000 + 3_600
        return "e30." + """{"user_id":7,"exp":$ends}""".encodeUtf8().base64Url() + ".sig"
    }

    private inner class Listener : WebSocketListener() {
        override fun onMessage(webSocket: WebSocket, text: String) {
            heard += text
            val call = Regex(""""call_id":"([^"]+)"""").find(text)?.groupValues?.get(1)
            when {
                "\"auth\"" in text -> {
                    webSocket.send(
                        """{"type":"hello","protocol":1,"session":"s","ping_s":25,"token_expires_in_s":3600}""",
                    )
                    webSocket.send("""{"type":"synced"}""")
                    socket = webSocket
                }
                "\"claim\"" in text ->
                    webSocket.send("""{"type":"go","call_id":"$call","lease":"l-$call","dial_within_ms":5000}""")
                "\"report\"" in text -> {
                    val report = Regex(""""report_id":"([^"]+)"""").find(text)?.groupValues?.get(1)
                    webSocket.send("""{"type":"ack","report_id":"$report"}""")
                }
            }
        }

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) = gone(webSocket)

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            webSocket.close(1000, null)
            gone(webSocket)
        }

        private fun gone(ended: WebSocket) {
            if (socket === ended) socket = null
        }
    }
}
