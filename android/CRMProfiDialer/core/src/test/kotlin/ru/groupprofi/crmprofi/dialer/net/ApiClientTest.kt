package ru.groupprofi.crmprofi.dialer.net

import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import okhttp3.OkHttpClient
import okhttp3.mockwebserver.Dispatcher
import okhttp3.mockwebserver.MockResponse
import okhttp3.mockwebserver.MockWebServer
import okhttp3.mockwebserver.RecordedRequest
import okhttp3.mockwebserver.SocketPolicy
import okio.ByteString.Companion.encodeUtf8
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.protocol.Phase
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import javax.crypto.spec.SecretKeySpec

private val KEY = SecretKeySpec(ByteArray(32), "AES")
private val FACTS = JsonObject(mapOf("device_name" to JsonPrimitive("A54")))

/** A secret file in memory; [isFull] is a disk that takes nothing more. */
class MemoryFile(var bytes: ByteArray? = null, var isFull: Boolean = false) : SecretFile {
    override fun read() = bytes

    override fun write(bytes: ByteArray) {
        if (isFull) throw IOException("No space left on device")
        this.bytes = bytes
    }

    override fun delete() {
        bytes = null
    }
}

/** A token as the server makes them, of [userId], that says nothing true. */
fun jwt(userId: Long, word: String = "a", endsAtS: Long = 2_000_000_000): String {
    fun part(text: String) = text.encodeUtf8().base64Url().trimEnd('=')
    return part("""{"alg":"HS256"}""") + "." + part("""{"user_id":"$userId","exp":$endsAtS,"jti":"$word"}""") + ".c2ln"
}

class ApiClientTest {
    private val server = MockWebServer()
    private val file = MemoryFile()
    private val tokens = TokenManager(file, AesGcmCodec({ KEY }))
    private val telemetry = Telemetry()
    private val lines = CopyOnWriteArrayList<String>()
    private lateinit var api: ApiClient
    private val first = jwt(7, "first")
    private val second = jwt(7, "second")

    private fun address() =
        (ServerAddress.read(server.url("/").toString(), setOf(server.hostName)) as AddressAnswer.Good)
            .address

    @BeforeEach
    fun start() {
        server.start()
        val http = OkHttpClient.Builder()
            .addInterceptor(AuthInterceptor { tokens.current })
            .addInterceptor(TelemetryInterceptor(telemetry))
            .addInterceptor(SafeHttpLoggingInterceptor(lines::add))
            .callTimeout(700, TimeUnit.MILLISECONDS)
            .build()
        api = ApiClient(http, tokens, "dev-1", "inst-1")
    }

    @AfterEach
    fun stop() = server.shutdown()

    private fun loggedIn() = tokens.store(Login(first, "r1", "ivanov", false, address().toString()))

    private fun answer(code: Int, body: String = "", vararg headers: Pair<String, String>) = server.enqueue(
        MockResponse().setResponseCode(code).setBody(body).apply { headers.forEach { addHeader(it.first, it.second) } },
    )

    @Test
    fun `login asks without a token, and nobody is in before the phone is registered`() = runBlocking {
        answer(200, """{"access":"$first","refresh":"r1","is_admin":true}""")
        val login = (api.login(address(), "ivanov", "тайна") as ApiResult.Success).value
        assertNull(tokens.current)
        assertEquals(Triple(7L, "ivanov", true), Triple(login.userId, login.username, login.isAdmin))
        assertEquals(2_000_000_000, login.endsAtS)
        val request = server.takeRequest()
        assertNull(request.getHeader("Authorization"))
        assertEquals("1", request.getHeader(ApiClient.PROTOCOL_HEADER))
        assertEquals("""{"username":"ivanov","password":"тайна","device_id":"dev-1"}""", request.body.readUtf8())
        answer(409, """{"detail":"Телефонов больше десяти."}""")
        assertEquals(409, api.admit(login, FACTS).code)
        assertNull(tokens.current)
        answer(200, "{}")
        assertEquals(ApiResult.Success(login), api.admit(login, FACTS))
        assertEquals(login, tokens.current)
        repeat(2) { assertEquals("Bearer $first", server.takeRequest().getHeader("Authorization")) }
    }

    @Test
    fun `who comes in does not speak in the name of the one before`() = runBlocking {
        loggedIn()
        val other = Login(jwt(8), "r8", "petrov", false, address().toString())
        answer(409)
        assertEquals(409, api.admit(other, FACTS).code)
        assertEquals("ivanov", tokens.current!!.username)
        // a body of Ivanov's whose token has ended, and Petrov comes in while a new one is asked for
        server.dispatcher = object : Dispatcher() {
            override fun dispatch(request: RecordedRequest): MockResponse {
                if (request.path == "/api/phone/logs/") return MockResponse().setResponseCode(401)
                tokens.store(other)
                return MockResponse().setBody("""{"access":"$second","refresh":"r2"}""")
            }
        }
        assertEquals(0, api.send("/api/phone/logs/", "{}").code)
        assertEquals(other, tokens.current)
        assertEquals(3, server.requestCount)
        // a refusal of the one before is no refusal of who is in by now
        loggedIn()
        server.dispatcher = object : Dispatcher() {
            override fun dispatch(request: RecordedRequest): MockResponse {
                tokens.store(other)
                return MockResponse().setResponseCode(401)
            }
        }
        assertEquals(0, api.refresh(first).code)
    }

    @Test
    fun `a wrong password is said in the server's words`() = runBlocking {
        answer(401, """{"detail":"Неверное имя или пароль.","code":"bad_login"}""")
        val found = api.login(address(), "ivanov", "нет")
        assertEquals(ApiResult.Error(401, "bad_login", "Неверное имя или пароль."), found)
        assertNull(tokens.current)
        assertEquals(1, server.requestCount)
    }

    @Test
    fun `answers that are no answer`() = runBlocking {
        answer(200, "<html>вход в сеть отеля</html>")
        assertEquals(502, (api.login(address(), "a", "b") as ApiResult.Error).code)
        answer(200, """{"access":"$first"}""")
        assertEquals("broken", (api.exchangeQrToken(address(), "code-12345") as ApiResult.Error).word)
        server.enqueue(MockResponse().setSocketPolicy(SocketPolicy.NO_RESPONSE))
        assertTrue((api.login(address(), "a", "b") as ApiResult.Error).isNoAnswer)
        server.enqueue(MockResponse().setBody("x".repeat(100)).throttleBody(1, 100, TimeUnit.MILLISECONDS))
        assertTrue((api.login(address(), "a", "b") as ApiResult.Error).isNoAnswer)
    }

    @Test
    fun `a full disk is no log-in`() = runBlocking {
        file.isFull = true
        answer(200, "{}")
        val login = Login(first, "r1", "ivanov", false, address().toString())
        assertEquals("disk", (api.admit(login, FACTS) as ApiResult.Error).word)
        assertNull(tokens.current)
        assertEquals(401, api.admit(login.copy(server = "нигде"), FACTS).code)
    }

    @Test
    fun `a token that was renewed on a full disk is the one in use`() = runBlocking {
        loggedIn()
        file.isFull = true
        answer(200, """{"access":"$second","refresh":"r2"}""")
        assertEquals(second, (api.refresh(first) as ApiResult.Success).value.access)
        assertEquals("r2" to true, tokens.current!!.refresh to tokens.isUnwritten)
    }

    @Test
    fun `an ended access token is renewed once, and the request comes again`() = runBlocking {
        loggedIn()
        answer(401, """{"detail":"Вход истёк."}""")
        answer(200, """{"access":"$second","refresh":"r2"}""")
        answer(200, """{"ok":true}""")
        assertTrue(api.sendHeartbeat(JsonObject(mapOf("device_id" to JsonPrimitive("dev-1")))) is ApiResult.Success)
        assertEquals(second to "r2", tokens.current!!.access to tokens.current!!.refresh)
        assertEquals("Bearer $first", server.takeRequest().getHeader("Authorization"))
        val renewal = server.takeRequest()
        assertEquals("/api/token/refresh/" to """{"refresh":"r1"}""", renewal.path to renewal.body.readUtf8())
        assertEquals("Bearer $second", server.takeRequest().getHeader("Authorization"))
        assertEquals(second, TokenManager(file, AesGcmCodec({ KEY })).load()!!.access)
    }

    @Test
    fun `a storm of refusals asks for one new token`() = runBlocking {
        loggedIn()
        val renewals = AtomicInteger()
        server.dispatcher = object : Dispatcher() {
            override fun dispatch(request: RecordedRequest) = when {
                request.path == "/api/token/refresh/" -> {
                    renewals.incrementAndGet()
                    MockResponse().setBody("""{"access":"$second"}""")
                }
                request.getHeader("Authorization") == "Bearer $second" -> MockResponse().setBody("{}")
                else -> MockResponse().setResponseCode(401)
            }
        }
        val all = List(20) { async { api.send("/api/phone/logs/", "{}") } }.awaitAll()
        assertTrue(all.all { it is ApiResult.Success })
        assertEquals(1, renewals.get())
        assertEquals("r1", tokens.current!!.refresh)
    }

    @Test
    fun `a refused renewal is 401, a lost one is no answer`() = runBlocking {
        loggedIn()
        answer(401)
        answer(401, """{"detail":"Войдите снова."}""")
        assertEquals(401, api.send("/api/phone/logs/", "{}").code)
        answer(401)
        server.enqueue(MockResponse().setSocketPolicy(SocketPolicy.NO_RESPONSE))
        assertEquals(0, api.send("/api/phone/logs/", "{}").code)
        assertEquals("r1", tokens.current!!.refresh)
    }

    @Test
    fun `a poll`() = runBlocking {
        loggedIn()
        answer(204)
        assertEquals(ApiResult.Success(null), api.pullCall())
        assertEquals("/api/phone/calls/pull/?device_id=dev-1&dedupe=1&instance=inst-1", server.takeRequest().path)
        answer(200, """{"id":"c1","phone":"+79220001246","title":"ООО","lease":"l1","dial_within_ms":4000}""")
        val found = (api.pullCall() as ApiResult.Success).value!!
        assertEquals(Triple("c1", "l1", 4_000L), Triple(found.offer.callId, found.lease, found.withinMs))
        for (odd in listOf("[]", "{}", """{"id":5,"phone":"1"}""", """{"id":"c1","phone":{}}""", "не JSON")) {
            answer(200, odd)
            assertEquals(ApiResult.Success(null), api.pullCall(), odd)
        }
        answer(429, """{"detail":"Слишком часто."}""", "Retry-After" to "7")
        assertEquals(7, (api.pullCall() as ApiResult.Error).retryAfterS)
    }

    @Test
    fun `states, refusals, look-ups, the device`() = runBlocking {
        loggedIn()
        answer(200, """{"revoked":true}""")
        assertEquals(ApiResult.Success(true), api.sendState("c1", "l1", Phase.DIALING, "2026-11-25T09:30:00.000Z"))
        assertEquals(
            """{"call_request_id":"c1","lease":"l1","phase":"dialing","at":"2026-11-25T09:30:00.000Z"}""",
            server.takeRequest().body.readUtf8(),
        )
        answer(200, """{"ok":true}""")
        api.sendReject("c1", RejectReason.BUSY)
        assertEquals(
            """{"call_request_id":"c1","reason":"busy","device_id":"dev-1"}""",
            server.takeRequest().body.readUtf8(),
        )
        answer(200, """{"title":"ООО «Пример»","contact":"Ирина","note":"Срок"}""")
        val caller = (api.lookup("q1", "+79220001246") as ApiResult.Success).value
        assertEquals(
            listOf("q1", "ООО «Пример»", "Ирина", "Срок"),
            caller.run {
                listOf(queryId, title, contact, note)
            },
        )
        answer(204)
        assertFalse((api.lookup("q2", "+79220001246") as ApiResult.Success).value.isFound)
        repeat(2) { server.takeRequest() }
        answer(200, "{}")
        api.registerDevice(FACTS)
        assertEquals("""{"device_name":"A54","device_id":"dev-1"}""", server.takeRequest().body.readUtf8())
        answer(200, "{}")
        api.sendTelemetry(telemetry.take("dev-1")!!)
        answer(200, "{}")
        api.sendLogs(JsonObject(emptyMap()))
        answer(200, "{}")
        api.sendCallUpdate(JsonObject(emptyMap()))
        answer(200, "{}")
        api.logout()
        val paths = List(4) { server.takeRequest().path }
        assertEquals(
            listOf("telemetry/", "logs/", "calls/update/", "logout/").map { "/api/phone/$it" },
            paths,
        )
    }

    @Test
    fun `nobody is logged in`() = runBlocking {
        assertEquals(401, api.pullCall().code)
        assertEquals(401, api.refresh("x").code)
        assertEquals(200, api.logout().code)
        assertEquals(0, server.requestCount)
    }

    @Test
    fun `what is measured and logged holds no query, no token, no number`() = runBlocking {
        loggedIn()
        answer(204)
        api.pullCall()
        answer(500, """{"detail":"+79220001246"}""")
        api.lookup("q", "+79220001246")
        server.enqueue(MockResponse().setSocketPolicy(SocketPolicy.NO_RESPONSE))
        api.pullCall()
        val all = lines.joinToString("\n") + telemetry.take("dev-1")
        assertEquals(3, lines.size)
        assertTrue("GET /api/phone/calls/pull/ → 204" in lines.first())
        for (secret in listOf("dev-1\"&", "inst-1", "9220001246", first, "r1\"")) assertFalse(secret in all, secret)
    }
}
