package ru.groupprofi.crmprofi.dialer.protocol

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File

/** The frames of docs/protocol/frames, which the server's own tests read too. */
class GoldenFramesTest {
    private class Golden(val type: String, val direction: String, val frames: List<JsonObject>)

    private val goldens: List<Golden> = File(System.getProperty("crm.frames"))
        .listFiles { file -> file.extension == "json" }.orEmpty().sorted().map { file ->
            val content = Json.parseToJsonElement(file.readText()).jsonObject
            Golden(
                content.getValue("type").jsonPrimitive.content,
                content.getValue("direction").jsonPrimitive.content,
                content.getValue("frames").jsonArray.map { it.jsonObject },
            )
        }

    @TestFactory
    fun `every frame of the server is understood`(): List<DynamicTest> {
        val theirs = goldens.filter { it.direction == "server_to_phone" }
        assertTrue(theirs.size >= 15, "the golden frames were not found")
        return theirs.flatMap { golden ->
            golden.frames.mapIndexed { n, frame ->
                dynamicTest("${golden.type} $n") {
                    val read = ServerFrame.parse(frame.toString())
                    assertFalse(read is ServerFrame.Unknown || read is ServerFrame.Broken, "$read")
                    assertEquals(golden.type, SERVER_TYPES[read::class.simpleName])
                }
            }
        }
    }

    @TestFactory
    fun `every frame of the phone is written as it stands there`(): List<DynamicTest> {
        val ours = goldens.filter { it.direction == "phone_to_server" }
        assertEquals(
            setOf("auth", "claim", "reject", "state", "report", "heartbeat", "refresh", "lookup", "seen"),
            ours.map { it.type }.toSet() - "pong",
        )
        return ours.flatMap { golden ->
            golden.frames.mapIndexed { n, frame ->
                dynamicTest("${golden.type} $n") {
                    assertEquals(frame, Json.parseToJsonElement(build(golden.type, frame).encode()))
                }
            }
        }
    }

    private fun build(type: String, f: JsonObject): ClientFrame = when (type) {
        "auth" -> ClientFrame.Auth(
            token = f.words("token"),
            deviceId = f.words("device_id"),
            instance = f.words("instance"),
            deviceName = f.text("device_name"),
            appVersion = f.text("app_version"),
            platform = f.text("platform"),
            encryptionEnabled = f.flag("encryption_enabled"),
        )
        "claim" -> ClientFrame.Claim(f.words("call_id"))
        "reject" -> ClientFrame.Reject(f.words("call_id"), RejectReason.entries.first { it.word == f.text("reason") })
        "state" -> ClientFrame.State(
            f.words("call_id"),
            Phase.entries.first { it.word == f.text("phase") },
            f.words("at"),
            f.text("lease"),
        )
        "report" -> ClientFrame.Report(f.words("report_id"), f.words("sent_at"), without(f, "type"))
        "heartbeat" -> ClientFrame.Heartbeat(without(f, "type"))
        "pong" -> ClientFrame.Pong(f["ts"], f["id"])
        "refresh" -> ClientFrame.Refresh(f.words("token"))
        "lookup" -> ClientFrame.Lookup(f.words("query_id"), f.words("phone"))
        "seen" -> ClientFrame.Seen(f.getValue("id"))
        else -> error("a frame that this test does not know: $type")
    }

    private fun without(f: JsonObject, name: String): JsonObject =
        JsonObject(LinkedHashMap<String, JsonElement>(f).apply { remove(name) })

    private companion object {
        val SERVER_TYPES = mapOf(
            "Hello" to "hello", "Synced" to "synced", "Offer" to "offer", "Go" to "go", "No" to "no",
            "Revoke" to "revoke", "Ack" to "ack", "Ping" to "ping", "Probe" to "probe", "WantLogs" to "want_logs",
            "TokenExpiring" to "token_expiring", "Refreshed" to "refreshed", "Caller" to "caller",
            "Notice" to "notice", "Drain" to "drain", "Logout" to "logout", "Error" to "error",
        )
    }
}

/** Frames of a hostile or future server. */
class BadFramesTest {
    @TestFactory
    fun `whatever comes is a frame and never an exception`(): List<DynamicTest> = listOf(
        "", "{", "[1]", "\"offer\"", "{\"type\": 5}", "{\"type\": null}", "[".repeat(60_000),
        "{\"type\":\"offer\"}", "{\"type\":\"offer\",\"call_id\":\"a\",\"phone\":{},\"ttl_ms\":1}",
        "{\"type\":\"offer\",\"call_id\":\"\",\"phone\":\"+7\",\"ttl_ms\":1}",
        "{\"type\":\"go\",\"call_id\":\"a\",\"lease\":\"\",\"dial_within_ms\":1}",
        "{\"type\":\"go\",\"call_id\":\"a\",\"lease\":\"l\"}",
        "{\"type\":\"ping\"," + "\"x\":\"" + "y".repeat(70_000) + "\"}",
    ).mapIndexed { n, text -> dynamicTest("broken $n") { assertTrue(ServerFrame.parse(text) is ServerFrame.Broken) } }

    @TestFactory
    fun `a type of a newer server is ignored`() = listOf(
        dynamicTest("unknown") { assertEquals(ServerFrame.Unknown("hug"), ServerFrame.parse("{\"type\":\"hug\"}")) },
    )

    @TestFactory
    fun `numbers out of their bounds are brought into them`(): List<DynamicTest> = listOf(
        dynamicTest("ttl") {
            val long = "{\"type\":\"offer\",\"call_id\":\"a\",\"phone\":\"+70005550101\",\"ttl_ms\":1000000000000}"
            assertEquals(600_000L, (ServerFrame.parse(long) as ServerFrame.Offer).ttlMs)
            val past = long.replace("1000000000000", "-1")
            assertEquals(0L, (ServerFrame.parse(past) as ServerFrame.Offer).ttlMs)
        },
        dynamicTest("ping_s") {
            val never = ServerFrame.parse("{\"type\":\"hello\",\"ping_s\":0,\"pong_s\":100000}") as ServerFrame.Hello
            assertEquals(5 to 300, never.pingS to never.pongS)
        },
        dynamicTest("a null is a missing field") {
            val ack = ServerFrame.parse("{\"type\":\"ack\",\"report_id\":null}")
            assertEquals(ServerFrame.Ack(null), ack)
        },
        dynamicTest("the token is not in a text for logs") {
            assertFalse("secret" in ClientFrame.Auth("secret", "d", "i").toString())
            assertFalse("secret" in ClientFrame.Refresh("secret").toString())
            assertEquals(JsonPrimitive("secret"), ClientFrame.Refresh("secret").toJson()["token"])
        },
    )
}
