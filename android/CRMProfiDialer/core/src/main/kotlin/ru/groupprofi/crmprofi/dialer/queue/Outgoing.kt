package ru.groupprofi.crmprofi.dialer.queue

import kotlinx.serialization.json.JsonObject
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload

/** Something that has to reach the server at last: the body as it is kept, without what is added at each try. */
class Outgoing(
    val userId: Long,
    val type: QueueType,
    val endpoint: String,
    val body: String,
    val dedupeKey: String,
    val orderKey: String = "",
) {
    companion object {
        const val UPDATE = "/api/phone/calls/update/"
        const val NOTE = "/api/phone/calls/note/"
        const val HEARTBEAT = "/api/phone/devices/heartbeat/"
        const val TELEMETRY = "/api/phone/telemetry/"
        const val LOGS = "/api/phone/logs/"

        /** [reportId] names the result; [orderKey] is the call it is about. */
        fun result(userId: Long, reportId: String, result: CallEventPayload, orderKey: String) =
            Outgoing(userId, QueueType.CALL_UPDATE, UPDATE, result.toJson().toString(), reportId, orderKey)

        fun note(userId: Long, body: JsonObject, id: String, orderKey: String) =
            Outgoing(userId, QueueType.CALL_NOTE, NOTE, body.toString(), "note:$id", orderKey)

        fun heartbeat(userId: Long, body: JsonObject) =
            Outgoing(userId, QueueType.HEARTBEAT, HEARTBEAT, body.toString(), "heartbeat")

        fun telemetry(userId: Long, body: JsonObject, id: String) =
            Outgoing(userId, QueueType.TELEMETRY, TELEMETRY, body.toString(), "telemetry:$id")

        fun logs(userId: Long, body: JsonObject, id: String) =
            Outgoing(userId, QueueType.LOG_BUNDLE, LOGS, body.toString(), "logs:$id")
    }
}
