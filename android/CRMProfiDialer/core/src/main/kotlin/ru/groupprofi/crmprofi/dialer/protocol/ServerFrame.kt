package ru.groupprofi.crmprofi.dialer.protocol

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/** The newest protocol that this application speaks. */
const val PROTOCOL_VERSION = 1

/** Longer frames are not read. */
const val MAX_FRAME_CHARS = 64 * 1024

/** What the server says over the socket (docs/protocol/README.md); times are milliseconds unless named otherwise. */
sealed interface ServerFrame {
    /** [pingS] is how often the server asks for a sign of life, [serverTime] its clock as ISO 8601. */
    data class Hello(
        val protocol: Int,
        val session: String,
        val pingS: Int,
        val pongS: Int,
        val serverTime: String,
        val tokenExpiresInS: Long,
    ) : ServerFrame

    data object Synced : ServerFrame

    data class Offer(
        val callId: String,
        val phone: String,
        val ext: String,
        val title: String,
        val contact: String,
        val note: String,
        val ttlMs: Long,
    ) : ServerFrame

    data class Go(val callId: String, val lease: String, val dialWithinMs: Long) : ServerFrame

    data class No(val callId: String, val reason: String) : ServerFrame

    data class Revoke(val callId: String, val reason: String) : ServerFrame

    /** [reportId] is null for a report that had no id. */
    data class Ack(val reportId: String?) : ServerFrame

    data class Ping(val ts: JsonElement?) : ServerFrame

    data class Probe(val id: JsonElement?) : ServerFrame

    data class WantLogs(val id: JsonElement?) : ServerFrame

    data class TokenExpiring(val inS: Long) : ServerFrame

    data class Refreshed(val tokenExpiresInS: Long) : ServerFrame

    /** Who is calling; all empty when nobody was found. */
    data class Caller(val queryId: String, val title: String, val contact: String, val note: String) : ServerFrame {
        val isFound: Boolean get() = title.isNotEmpty() || contact.isNotEmpty()
    }

    data class Notice(val id: JsonElement?, val title: String, val body: String, val url: String) : ServerFrame

    data class Drain(val afterMs: Long) : ServerFrame

    data object Logout : ServerFrame

    data class Error(val code: String, val message: String, val retry: Boolean, val about: String) : ServerFrame

    /** A type of a newer server: ignored. */
    data class Unknown(val type: String) : ServerFrame

    /** Not a frame of ours: no JSON object, no type, or a field that must be there is not. */
    data class Broken(val why: String) : ServerFrame

    companion object {
        private val SECONDS = 0L..31_536_000L
        private const val MAX_TTL_MS = 600_000L
        private const val MAX_WITHIN_MS = 60_000L
        private const val MAX_DRAIN_MS = 60_000L
        private const val PING_S = 25L
        private const val PONG_S = 10L
        private val PING_BOUNDS = 5L..300L

        /** Never throws. */
        fun parse(text: String): ServerFrame {
            if (text.length > MAX_FRAME_CHARS) return Broken("too long")
            val frame = WireJson.parse(text) ?: return Broken("not an object")
            val type = frame.text("type") ?: return Broken("no type")
            return read(type, frame) ?: Broken(type.take(40))
        }

        private fun read(type: String, f: JsonObject): ServerFrame? = when (type) {
            "hello" -> Hello(
                protocol = (f.number("protocol", 0L..1_000L) ?: 1L).toInt(),
                session = f.words("session"),
                pingS = (f.number("ping_s", PING_BOUNDS) ?: PING_S).toInt(),
                pongS = (f.number("pong_s", PING_BOUNDS) ?: PONG_S).toInt(),
                serverTime = f.words("server_time"),
                tokenExpiresInS = f.number("token_expires_in_s", SECONDS) ?: 0,
            )
            "synced" -> Synced
            "offer" -> offer(f)
            "go" -> go(f)
            "no" -> f.text("call_id")?.let { No(it, f.words("reason")) }
            "revoke" -> f.text("call_id")?.let { Revoke(it, f.words("reason")) }
            "ack" -> Ack(f.text("report_id"))
            "ping" -> Ping(f.echo("ts"))
            "probe" -> Probe(f.echo("id"))
            "want_logs" -> WantLogs(f.echo("id"))
            "token_expiring" -> TokenExpiring(f.number("in_s", SECONDS) ?: 0)
            "refreshed" -> Refreshed(f.number("token_expires_in_s", SECONDS) ?: 0)
            "caller" -> Caller(f.words("query_id"), f.words("title"), f.words("contact"), f.words("note"))
            "notice" -> Notice(f.echo("id"), f.words("title"), f.words("body"), f.words("url"))
            "drain" -> Drain(f.number("after_ms", 0L..MAX_DRAIN_MS) ?: 0)
            "logout" -> Logout
            "error" -> Error(f.words("code"), f.words("message"), f.flag("retry") ?: false, f.words("about"))
            else -> Unknown(type.take(40))
        }

        private fun offer(f: JsonObject): Offer? {
            val callId = f.text("call_id")?.takeIf { it.isNotEmpty() } ?: return null
            val phone = f.text("phone") ?: return null
            val ttlMs = f.number("ttl_ms", 0L..MAX_TTL_MS) ?: return null
            return Offer(
                callId = callId,
                phone = phone,
                ext = f.words("ext"),
                title = f.words("title"),
                contact = f.words("contact"),
                note = f.words("note"),
                ttlMs = ttlMs,
            )
        }

        private fun go(f: JsonObject): Go? {
            val callId = f.text("call_id") ?: return null
            val lease = f.text("lease")?.takeIf { it.isNotEmpty() } ?: return null
            val within = f.number("dial_within_ms", 0L..MAX_WITHIN_MS) ?: return null
            return Go(callId, lease, within)
        }
    }
}
