package ru.groupprofi.crmprofi.dialer.net

import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import okhttp3.Call
import okhttp3.Callback
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import ru.groupprofi.crmprofi.dialer.protocol.Phase
import ru.groupprofi.crmprofi.dialer.protocol.RejectReason
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.protocol.WireJson
import ru.groupprofi.crmprofi.dialer.protocol.flag
import ru.groupprofi.crmprofi.dialer.protocol.number
import ru.groupprofi.crmprofi.dialer.protocol.text
import ru.groupprofi.crmprofi.dialer.protocol.words
import java.io.IOException
import kotlin.coroutines.resume

/** A command that a poll brought: claim and grant in one. */
data class Pulled(val offer: ServerFrame.Offer, val lease: String, val withinMs: Long)

/** Everything that the phone asks of the server by HTTP. No method throws; an access token that ended is renewed once. */
class ApiClient(
    private val http: OkHttpClient,
    private val tokens: TokenManager,
    private val deviceId: String,
    private val instance: String,
) {
    private val refreshing = Mutex()

    // --- to come in: nobody is in before [admit]

    suspend fun login(server: ServerAddress, username: String, password: String): ApiResult<Login> {
        val body = json("username" to username, "password" to password, "device_id" to deviceId)
        return enter(server, "/api/token/", body, username)
    }

    suspend fun exchangeQrToken(server: ServerAddress, token: String): ApiResult<Login> =
        enter(server, "/api/phone/qr/exchange/", json("token" to token, "device_id" to deviceId), "")

    private suspend fun enter(server: ServerAddress, path: String, body: JsonObject, username: String) =
        when (val answer = exchange(post(server, path, body.toString(), anonymous = true))) {
            is ApiResult.Error -> answer
            is ApiResult.Success ->
                readLogin(answer.value, server.toString(), username)?.let { ApiResult.Success(it) }
                    ?: ApiResult.Error(BROKEN, "broken", "")
        }

    /**
     * This phone is registered in the name of [login], which takes the place of the one before; a phone that the server
     * refuses changes nothing. [facts] as in [registerDevice].
     */
    suspend fun admit(login: Login, facts: JsonObject): ApiResult<Login> {
        val server = addressOf(login) ?: return ApiResult.Error(UNAUTHORIZED, "no_server")
        val answer = exchange(signed(registration(server, facts), login))
        if (answer is ApiResult.Error && answer.code in NOT_ADMITTED) return answer
        return try {
            tokens.store(login)
            ApiResult.Success(login)
        } catch (error: IOException) {
            ApiResult.Error(0, "disk", error.javaClass.simpleName)
        }
    }

    /**
     * A new access token in place of [stale]; whoever comes second gets the first one's. Success holds the log-in,
     * Error 401 or 403 means that only the person can go on.
     */
    suspend fun refresh(stale: String): ApiResult<Login> = refreshing.withLock {
        val known = tokens.current ?: return ApiResult.Error(UNAUTHORIZED, "no_login")
        if (known.access != stale) return ApiResult.Success(known)
        val server = addressOf(known) ?: return ApiResult.Error(UNAUTHORIZED, "no_server")
        val body = json("refresh" to known.refresh).toString()
        when (val answer = exchange(post(server, "/api/token/refresh/", body, anonymous = true))) {
            // whoever is in by now has not been refused
            is ApiResult.Error -> if (tokens.current === known) answer else ApiResult.Error(0, "other_login")
            is ApiResult.Success -> {
                val found = WireJson.parse(answer.value)
                val access = found?.text("access") ?: return ApiResult.Error(BROKEN, "broken")
                val renewed = known.copy(access = access, refresh = found.text("refresh") ?: known.refresh)
                when {
                    tokens.renew(known, renewed) -> ApiResult.Success(renewed)
                    else -> ApiResult.Error(0, "other_login")
                }
            }
        }
    }

    suspend fun logout(): ApiResult<Unit> {
        val known = tokens.current ?: return ApiResult.Success(Unit)
        return send("/api/phone/logout/", json("refresh" to known.refresh).toString()).map { }
    }

    // --- calls

    /** Null when there is no command. */
    suspend fun pullCall(): ApiResult<Pulled?> = get(
        "/api/phone/calls/pull/?device_id=$deviceId&dedupe=1&instance=$instance",
    ).map(::readPulled)

    /** [body] of the result with what is added at each try. */
    suspend fun sendCallUpdate(body: JsonObject): ApiResult<Unit> =
        send("/api/phone/calls/update/", body.toString()).map { }

    /** True in the answer when the call must not be dialled any more. */
    suspend fun sendState(callId: String, lease: String, phase: Phase, at: String): ApiResult<Boolean> = send(
        "/api/phone/calls/state/",
        json("call_request_id" to callId, "lease" to lease, "phase" to phase.word, "at" to at).toString(),
    ).map { WireJson.parse(it)?.flag("revoked") ?: false }

    suspend fun sendReject(callId: String, reason: RejectReason): ApiResult<Unit> = send(
        "/api/phone/calls/reject/",
        json("call_request_id" to callId, "reason" to reason.word, "device_id" to deviceId).toString(),
    ).map { }

    /** Who is calling; `isFound` is false when the server knows nobody that this person may see. */
    suspend fun lookup(queryId: String, phone: String): ApiResult<ServerFrame.Caller> =
        send("/api/phone/calls/lookup/", json("phone" to phone).toString()).map {
            val found = WireJson.parse(it)
            ServerFrame.Caller(
                queryId,
                found?.words("title").orEmpty(),
                found?.words("contact").orEmpty(),
                found?.words("note").orEmpty(),
            )
        }

    // --- the device

    /** [facts] are `device_name`, `app_version`, `platform`, `encryption_enabled`. */
    suspend fun registerDevice(facts: JsonObject): ApiResult<Unit> = authorized { registration(it, facts) }.map { }

    private fun registration(server: ServerAddress, facts: JsonObject): Request {
        val body = JsonObject(facts + ("device_id" to JsonPrimitive(deviceId)))
        return post(server, "/api/phone/devices/register/", body.toString())
    }

    suspend fun sendHeartbeat(body: JsonObject): ApiResult<Unit> =
        send("/api/phone/devices/heartbeat/", body.toString()).map { }

    suspend fun sendTelemetry(body: JsonObject): ApiResult<Unit> =
        send("/api/phone/telemetry/", body.toString()).map { }

    suspend fun sendLogs(body: JsonObject): ApiResult<Unit> = send("/api/phone/logs/", body.toString()).map { }

    /** What the queue holds: [endpoint] is one of ours. */
    suspend fun send(endpoint: String, body: String): ApiResult<String> = authorized { post(it, endpoint, body) }

    private suspend fun get(path: String): ApiResult<String> = authorized { request(it, path).get().build() }

    // --- one request

    private suspend fun authorized(make: (ServerAddress) -> Request): ApiResult<String> {
        val before = tokens.current ?: return ApiResult.Error(UNAUTHORIZED, "no_login")
        val server = addressOf(before) ?: return ApiResult.Error(UNAUTHORIZED, "no_server")
        val answer = exchange(signed(make(server), before))
        if (answer !is ApiResult.Error || answer.code != UNAUTHORIZED) return answer
        return when (val renewed = refresh(before.access)) {
            // what one person began never goes out in the name of another
            is ApiResult.Success -> when (renewed.value.personId) {
                before.personId -> exchange(signed(make(server), renewed.value))
                else -> ApiResult.Error(0, "other_login")
            }
            // no answer now is no refusal: the log-in stays, the request comes again
            is ApiResult.Error -> if (renewed.code in REFUSED) answer else renewed
        }
    }

    private fun signed(request: Request, login: Login) = request.newBuilder().tag(Login::class.java, login).build()

    private fun addressOf(login: Login): ServerAddress? = ServerAddress.stored(login.server)

    private fun request(server: ServerAddress, path: String) =
        Request.Builder().url(server.url(path)).header(PROTOCOL_HEADER, PROTOCOL)

    private fun post(server: ServerAddress, path: String, body: String, anonymous: Boolean = false): Request {
        val made = request(server, path).post(body.toRequestBody(JSON))
        if (anonymous) made.tag(AuthInterceptor.Anonymous::class.java, AuthInterceptor.Anonymous)
        return made.build()
    }

    private suspend fun exchange(request: Request): ApiResult<String> = suspendCancellableCoroutine { waiting ->
        val call = http.newCall(request)
        waiting.invokeOnCancellation { call.cancel() }
        call.enqueue(object : Callback {
            override fun onFailure(call: Call, e: IOException) {
                waiting.resume(ApiResult.Error(0, "no_answer", e.javaClass.simpleName))
            }

            override fun onResponse(call: Call, response: Response) = waiting.resume(read(response))
        })
    }

    private fun read(response: Response): ApiResult<String> = response.use {
        val body = try {
            it.peekBody(MOST_BYTES).string()
        } catch (error: IOException) {
            return ApiResult.Error(0, "no_answer", error.javaClass.simpleName)
        }
        if (it.isSuccessful) return ApiResult.Success(body)
        val said = WireJson.parse(body)
        ApiResult.Error(
            code = it.code,
            word = said?.words("code").orEmpty(),
            detail = said?.words("detail").orEmpty().take(MOST_WORDS),
            retryAfterS = it.header("Retry-After")?.trim()?.toIntOrNull()?.takeIf { s -> s >= 0 },
        )
    }

    private fun readPulled(body: String): Pulled? {
        val found = WireJson.parse(body) ?: return null
        val id = found.text("id")?.takeIf { it.isNotEmpty() } ?: return null
        val phone = found.text("phone") ?: return null
        val within = found.number("dial_within_ms", 0L..MOST_WITHIN_MS) ?: WITHIN_MS
        val offer = ServerFrame.Offer(
            id,
            phone,
            found.words("ext"),
            found.words("title"),
            found.words("contact"),
            found.words("note"),
            within,
        )
        return Pulled(offer, found.words("lease"), within)
    }

    private fun json(vararg fields: Pair<String, String>) =
        JsonObject(linkedMapOf(*fields).mapValues { JsonPrimitive(it.value) })

    companion object {
        const val PROTOCOL_HEADER = "X-CRM-Protocol"
        const val UNAUTHORIZED = 401
        private const val BROKEN = 502
        private const val PROTOCOL = "1"
        private const val MOST_BYTES = 1_000_000L
        private const val MOST_WORDS = 300
        private const val WITHIN_MS = 5_000L
        private const val MOST_WITHIN_MS = 60_000L

        /** A renewal that was answered so is over: only the person can go on. */
        val REFUSED = setOf(400, 401, 403)
        private val NOT_ADMITTED = setOf(401, 403, 409)
        private val JSON = "application/json; charset=utf-8".toMediaType()
    }
}
