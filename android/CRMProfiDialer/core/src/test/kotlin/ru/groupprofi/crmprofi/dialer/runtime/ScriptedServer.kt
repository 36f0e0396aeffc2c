package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okhttp3.mockwebserver.Dispatcher
import okhttp3.mockwebserver.MockResponse
import okhttp3.mockwebserver.MockWebServer
import okhttp3.mockwebserver.RecordedRequest
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.net.jwt
import java.io.Closeable
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger

/** A server that says what the test tells it to, over a real WebSocket and real HTTP. */
class ScriptedServer : Closeable {
    /** Who the next log-in is. */
    @Volatile var userId = 7L
    private val web = MockWebServer()
    val heard = CopyOnWriteArrayList<JsonObject>()
    val posts = CopyOnWriteArrayList<Pair<String, JsonObject>>()

    /** What paths answer instead of 200 `{}`. */
    val answers = ConcurrentHashMap<String, MockResponse>()

    /** Frames in answer to frames of a type; `synced` after `auth` by itself. */
    val reacts = ConcurrentHashMap<String, (JsonObject) -> List<String>>()

    /** How often a poll has asked. */
    val pulls = AtomicInteger()

    @Volatile var greets = true

    @Volatile private var socket: WebSocket? = null
    val url: String get() = web.url("/").toString().removeSuffix("/")

    init {
        reacts["report"] = { listOf("""{"type":"ack","report_id":"${it.text("report_id")}"}""") }
        web.dispatcher = object : Dispatcher() {
            override fun dispatch(request: RecordedRequest): MockResponse = answer(request)
        }
        web.start()
    }

    fun say(frame: String) = check(socket!!.send(frame))

    fun drop(code: Int) {
        socket?.close(code, null)
    }

    fun frames(type: String) = heard.filter { it.text("type") == type }

    fun posts(path: String) = posts.filter { it.first == path }.map { it.second }

    override fun close() = web.shutdown()

    private fun answer(request: RecordedRequest): MockResponse {
        val path = request.requestUrl!!.encodedPath
        if (path == "/api/phone/calls/pull/") pulls.incrementAndGet()
        if (path == "/ws/phone/") return MockResponse().withWebSocketUpgrade(Ears())
        val body = request.body.readUtf8()
        if (body.isNotEmpty()) posts += path to Json.parseToJsonElement(body).jsonObject
        val usual = when (path) {
            "/api/token/" -> MockResponse().setBody("""{"access":"${jwt(userId)}","refresh":"r1","is_admin":false}""")
            "/api/phone/calls/pull/" -> MockResponse().setResponseCode(204)
            else -> MockResponse().setBody("{}")
        }
        return answers[path]?.clone() ?: usual
    }

    private inner class Ears : WebSocketListener() {
        override fun onOpen(webSocket: WebSocket, response: Response) {
            socket = webSocket
        }

        override fun onMessage(webSocket: WebSocket, text: String) {
            val frame = Json.parseToJsonElement(text).jsonObject
            heard += frame
            val type = frame.text("type")
            if (type == "auth" && greets) {
                webSocket.send(
                    """{"type":"hello","protocol":1,"session":"s","ping_s":25,"pong_s":10,"server_time":"","token_expires_in_s":3600}""",
                )
                webSocket.send("""{"type":"synced"}""")
            }
            reacts[type]?.invoke(frame)?.forEach(webSocket::send)
        }

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            webSocket.close(code, null)
        }
    }
}
