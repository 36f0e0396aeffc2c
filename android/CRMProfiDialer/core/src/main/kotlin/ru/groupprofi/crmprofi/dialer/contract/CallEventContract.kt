package ru.groupprofi.crmprofi.dialer.contract

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import ru.groupprofi.crmprofi.dialer.protocol.jsonOf
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.TimeZone

enum class CallStatus(val apiValue: String) {
    CONNECTED("connected"),
    NO_ANSWER("no_answer"),
    BUSY("busy"),
    REJECTED("rejected"),
    MISSED("missed"),
    UNKNOWN("unknown"),
    ;

    companion object {
        fun from(value: String?): CallStatus = entries.firstOrNull { it.apiValue == value } ?: UNKNOWN
    }
}

enum class CallDirection(val apiValue: String) {
    OUTGOING("outgoing"),
    INCOMING("incoming"),
    MISSED("missed"),
    UNKNOWN("unknown"),
    ;

    companion object {
        private const val INCOMING_TYPE = 1
        private const val OUTGOING_TYPE = 2
        private const val MISSED_TYPE = 3
        private const val REJECTED_TYPE = 5
        private const val BLOCKED_TYPE = 6
        private const val ANSWERED_EXTERNALLY_TYPE = 7

        /** From `CallLog.Calls.TYPE`; voice mail and types of a newer Android are unknown. */
        fun fromCallLogType(type: Int): CallDirection = when (type) {
            OUTGOING_TYPE -> OUTGOING
            MISSED_TYPE -> MISSED
            INCOMING_TYPE, REJECTED_TYPE, BLOCKED_TYPE, ANSWERED_EXTERNALLY_TYPE -> INCOMING
            else -> UNKNOWN
        }

        fun from(value: String?): CallDirection = entries.firstOrNull { it.apiValue == value } ?: UNKNOWN
    }
}

enum class ResolveMethod(val apiValue: String) {
    OBSERVER("observer"),
    RETRY("retry"),
    UNKNOWN("unknown"),
    ;

    companion object {
        fun from(value: String?): ResolveMethod = entries.firstOrNull { it.apiValue == value } ?: UNKNOWN
    }
}

enum class ActionSource(val apiValue: String) {
    CRM_UI("crm_ui"),
    NOTIFICATION("notification"),
    HISTORY("history"),
    UNKNOWN("unknown"),
    ;

    companion object {
        fun from(value: String?): ActionSource = entries.firstOrNull { it.apiValue == value } ?: UNKNOWN
    }
}

/**
 * The result of one call as the server takes it (docs/CALL_EVENT_CONTRACT.md). Moments are milliseconds of the wall
 * clock since 1970, the duration is in seconds.
 */
data class CallEventPayload(
    val callRequestId: String? = null,
    val callStatus: CallStatus? = null,
    val callStartedAtMillis: Long? = null,
    val callDurationSeconds: Int? = null,
    val callEndedAtMillis: Long? = null,
    val direction: CallDirection? = null,
    val resolveMethod: ResolveMethod? = null,
    val attemptsCount: Int? = null,
    val actionSource: ActionSource? = null,
    /** A call without a command: an id that the phone made, and the number. */
    val eventId: String? = null,
    val phone: String? = null,
) {
    val hasExtendedFields: Boolean
        get() = listOfNotNull(
            callEndedAtMillis,
            direction,
            resolveMethod,
            attemptsCount,
            actionSource,
            eventId,
        ).isNotEmpty()

    /** Exactly the four keys of the first protocol; what is not known is null. */
    fun toLegacyJson(): JsonObject = JsonObject(
        linkedMapOf(
            "call_request_id" to JsonPrimitive(callRequestId),
            "call_status" to JsonPrimitive(callStatus?.apiValue),
            "call_started_at" to JsonPrimitive(callStartedAtMillis?.let(::isoUtc)),
            "call_duration_seconds" to JsonPrimitive(callDurationSeconds),
        ),
    )

    /** Every field that is known, and no nulls. */
    fun toExtendedJson(): JsonObject = jsonOf(
        "call_request_id" to callRequestId?.let(::JsonPrimitive),
        "event_id" to eventId?.let(::JsonPrimitive),
        "phone" to phone?.let(::JsonPrimitive),
        "call_status" to callStatus?.let { JsonPrimitive(it.apiValue) },
        "call_started_at" to callStartedAtMillis?.let { JsonPrimitive(isoUtc(it)) },
        "call_duration_seconds" to callDurationSeconds?.let(::JsonPrimitive),
        "call_ended_at" to callEndedAtMillis?.let { JsonPrimitive(isoUtc(it)) },
        "direction" to direction?.let { JsonPrimitive(it.apiValue) },
        "resolve_method" to resolveMethod?.let { JsonPrimitive(it.apiValue) },
        "attempts_count" to attemptsCount?.let(::JsonPrimitive),
        "action_source" to actionSource?.let { JsonPrimitive(it.apiValue) },
    )

    /** The extended form when there is anything that only it can carry. */
    fun toJson(): JsonObject = if (hasExtendedFields) toExtendedJson() else toLegacyJson()
}

/** A moment as `2026-11-25T09:30:01.000Z`. */
fun isoUtc(millis: Long): String {
    val format = SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
    format.timeZone = TimeZone.getTimeZone("UTC")
    return format.format(Date(millis))
}
