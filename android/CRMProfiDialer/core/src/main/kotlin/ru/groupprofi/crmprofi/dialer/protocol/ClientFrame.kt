package ru.groupprofi.crmprofi.dialer.protocol

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** What the phone says over the socket; fields that are null are left out. */
sealed class ClientFrame(private val type: String) {
    protected abstract fun fields(): List<Pair<String, JsonElement?>>

    fun toJson(): JsonObject = jsonOf(listOf("type" to JsonPrimitive(type)) + fields())

    /** The frame as it goes over the wire. */
    fun encode(): String = toJson().toString()

    /** The first frame; the token stands nowhere else. */
    data class Auth(
        val token: String,
        val deviceId: String,
        val instance: String,
        val deviceName: String? = null,
        val appVersion: String? = null,
        val platform: String? = null,
        val encryptionEnabled: Boolean? = null,
    ) : ClientFrame("auth") {
        override fun fields() = listOf(
            "token" to json(token),
            "device_id" to json(deviceId),
            "instance" to json(instance),
            "device_name" to json(deviceName),
            "app_version" to json(appVersion),
            "platform" to json(platform),
            "encryption_enabled" to encryptionEnabled?.let(::JsonPrimitive),
        )

        /** Without the token: this text may reach a log. */
        override fun toString(): String = "Auth(device $deviceId)"
    }

    data class Claim(val callId: String) : ClientFrame("claim") {
        override fun fields() = listOf("call_id" to json(callId))
    }

    data class Reject(val callId: String, val reason: RejectReason) : ClientFrame("reject") {
        override fun fields() = listOf("call_id" to json(callId), "reason" to json(reason.word))
    }

    data class State(val callId: String, val phase: Phase, val at: String, val lease: String? = null) :
        ClientFrame("state") {
        override fun fields() = listOf(
            "call_id" to json(callId),
            "phase" to json(phase.word),
            "at" to json(at),
            "lease" to json(lease),
        )
    }

    /** [body] is exactly the body of `calls/update/`. */
    data class Report(val reportId: String, val sentAt: String, val body: JsonObject) : ClientFrame("report") {
        override fun fields() = listOf("report_id" to json(reportId), "sent_at" to json(sentAt)) +
            body.filterKeys { it !in RESERVED }.map { (name, value) -> name to value }

        private companion object {
            val RESERVED = setOf("type", "report_id", "sent_at")
        }
    }

    data class Heartbeat(val body: JsonObject) : ClientFrame("heartbeat") {
        override fun fields() = body.filterKeys { it != "type" }.map { (name, value) -> name to value }
    }

    /** Exactly one of the two is there: what a `ping` or a `probe` asked to hear back. */
    data class Pong(val ts: JsonElement? = null, val id: JsonElement? = null) : ClientFrame("pong") {
        override fun fields() = listOf("ts" to ts, "id" to id)
    }

    data class Refresh(val token: String) : ClientFrame("refresh") {
        override fun fields() = listOf("token" to json(token))

        override fun toString(): String = "Refresh"
    }

    data class Lookup(val queryId: String, val phone: String) : ClientFrame("lookup") {
        override fun fields() = listOf("query_id" to json(queryId), "phone" to json(phone))

        override fun toString(): String = "Lookup($queryId)"
    }

    data class Seen(val id: JsonElement) : ClientFrame("seen") {
        override fun fields() = listOf("id" to id)
    }

    protected fun json(value: String?): JsonElement? = value?.let(::JsonPrimitive)
}

enum class RejectReason(val word: String) {
    BUSY("busy"),
    NO_PERMISSION("no_permission"),
    USER("user"),
    STALE("stale"),
}

enum class Phase(val word: String) {
    RECEIVED("received"),
    DIALING("dialing"),
    TALKING("talking"),
    ENDED("ended"),
}
