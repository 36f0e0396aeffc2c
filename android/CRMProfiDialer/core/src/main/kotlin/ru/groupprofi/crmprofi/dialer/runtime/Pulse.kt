package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import ru.groupprofi.crmprofi.dialer.contract.isoUtc
import ru.groupprofi.crmprofi.dialer.logs.Mask
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.jsonOf
import ru.groupprofi.crmprofi.dialer.queue.Outgoing

/** Signs of life, measurements, and log bundles. */
internal class Pulse(private val w: Wiring, private val outbox: Outbox, private val line: Outbox.Line) {
    private var hasErrors = false
    private var crash: String? = w.crash()

    /** Every minute. [isOnShift] false is the last word before silence. */
    fun beat(isOnShift: Boolean, poll: Pair<Int, Long>?) {
        if (line.userId == 0L) return
        if (isOnShift) w.alarms.wake(BEAT, BEAT_MS)
        val body = heartbeat(isOnShift, poll)
        // the last word goes over a socket that the session has given up already
        val isSaid = (line.isOnline || !isOnShift) && line.send(ClientFrame.Heartbeat(body))
        if (!isSaid && isOnShift) {
            outbox.add(Outgoing.heartbeat(line.userId, body))
        }
        w.telemetry.take(w.deviceId)?.let { outbox.add(Outgoing.telemetry(line.userId, it, w.newId())) }
    }

    fun stop() = w.alarms.forget(BEAT)

    /** Something went wrong: the log goes to the server in five minutes, with what happens until then. */
    fun error(what: String) {
        w.ring.add("ERROR $what")
        if (hasErrors) return
        hasErrors = true
        w.alarms.wake(LOGS, LOGS_MS)
    }

    /** [why] is `errors`, `asked` by the server, `person` or `crash`. */
    fun sendLogs(why: String) {
        if (line.userId == 0L) return
        hasErrors = false
        val before = crash
        crash = null
        val text = listOfNotNull(before?.let { "CRASH\n" + Mask.text(it) }, w.ring.bundle()).joinToString("\n")
        if (text.isBlank()) return
        val body = JsonObject(
            linkedMapOf(
                "device_id" to JsonPrimitive(w.deviceId),
                "ts" to JsonPrimitive(isoUtc(w.clock.wall())),
                "level_summary" to JsonPrimitive(if (before != null) "CRASH" else why.uppercase()),
                "source" to JsonPrimitive("CRMProfiDialer"),
                "payload" to JsonPrimitive(text.takeLast(MOST_CHARS)),
            ),
        )
        outbox.add(Outgoing.logs(line.userId, body, w.newId()))
    }

    val hasCrash: Boolean get() = crash != null

    private fun heartbeat(isOnShift: Boolean, poll: Pair<Int, Long>?): JsonObject {
        val queue = outbox.health()
        val now = jsonOf(
            "device_id" to JsonPrimitive(w.deviceId),
            "last_poll_code" to poll?.let { JsonPrimitive(it.first) },
            "last_poll_at" to poll?.let { JsonPrimitive(isoUtc(it.second)) },
            "queue_stuck" to JsonPrimitive(queue.isStuck),
            "stuck_count" to JsonPrimitive(queue.stuckCount),
            "oldest_stuck_age_sec" to JsonPrimitive(queue.oldestStuckAgeS),
            "stuck_by_type" to JsonObject(queue.byType.mapValues { JsonPrimitive(it.value) }),
            "battery" to w.facts.battery()?.let(::JsonPrimitive),
            "network" to JsonPrimitive(w.facts.network()),
            "permissions" to JsonObject(w.facts.permissions().mapValues { JsonPrimitive(it.value) }),
            "sims" to JsonArray(
                w.facts.sims().map {
                    JsonObject(mapOf("slot" to JsonPrimitive(it.slot), "operator" to JsonPrimitive(it.operator)))
                },
            ),
            "on_shift" to JsonPrimitive(isOnShift),
        )
        return JsonObject(w.facts.registration() + now)
    }

    companion object {
        const val BEAT = "beat"
        const val LOGS = "logs"
        private const val BEAT_MS = 60_000L
        private const val LOGS_MS = 300_000L
        private const val MOST_CHARS = 50_000
    }
}
