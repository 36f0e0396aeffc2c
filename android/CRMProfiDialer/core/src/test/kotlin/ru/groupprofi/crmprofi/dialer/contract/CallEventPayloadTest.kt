package ru.groupprofi.crmprofi.dialer.contract

import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class CallEventPayloadTest {
    private val moment = 1_764_063_001_000L // 2025-11-25 09:30:01 UTC

    @Test
    fun `toLegacyJson - содержит только 4 поля`() {
        val full = CallEventPayload(
            "id-1", CallStatus.CONNECTED, moment, 64, moment + 64_000, CallDirection.OUTGOING,
            ResolveMethod.OBSERVER, 1, ActionSource.CRM_UI,
        )
        val keys = setOf("call_request_id", "call_status", "call_started_at", "call_duration_seconds")
        assertEquals(keys, full.toLegacyJson().keys)
        assertEquals(JsonPrimitive("2025-11-25T09:30:01.000Z"), full.toLegacyJson()["call_started_at"])
    }

    @Test
    fun `toExtendedJson - включает новые поля при наличии`() {
        val json = CallEventPayload(
            "id-1", CallStatus.NO_ANSWER, moment, 0, moment, CallDirection.OUTGOING,
            ResolveMethod.RETRY, 3, ActionSource.NOTIFICATION,
        ).toExtendedJson()
        assertEquals(JsonPrimitive("outgoing"), json["direction"])
        assertEquals(JsonPrimitive("retry"), json["resolve_method"])
        assertEquals(JsonPrimitive(3), json["attempts_count"])
        assertEquals(JsonPrimitive("notification"), json["action_source"])
        assertEquals(JsonPrimitive("2025-11-25T09:30:01.000Z"), json["call_ended_at"])
        assertEquals(JsonPrimitive(0), json["call_duration_seconds"])
    }

    @Test
    fun `toExtendedJson - не включает null поля`() {
        val json = CallEventPayload("id-1", CallStatus.UNKNOWN, resolveMethod = ResolveMethod.UNKNOWN).toExtendedJson()
        assertEquals(setOf("call_request_id", "call_status", "resolve_method"), json.keys)
        assertFalse(JsonNull in json.values)
    }

    @Test
    fun `toLegacyJson - минимальный payload`() {
        val payload = CallEventPayload("id-1", CallStatus.UNKNOWN)
        assertEquals(4, payload.toLegacyJson().size)
        assertEquals(JsonNull, payload.toLegacyJson()["call_duration_seconds"])
        assertEquals(payload.toLegacyJson(), payload.toJson())
    }

    @Test
    fun `a call without a command carries its event and the number`() {
        val payload = CallEventPayload(callStatus = CallStatus.MISSED, eventId = "e-1", phone = "+70005550102")
        assertEquals(setOf("event_id", "phone", "call_status"), payload.toJson().keys)
    }
}
