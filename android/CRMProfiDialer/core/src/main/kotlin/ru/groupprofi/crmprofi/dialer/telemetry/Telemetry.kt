package ru.groupprofi.crmprofi.dialer.telemetry

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** What is measured on the phone, until it is sent: at most [MOST] at once, the oldest go first. */
class Telemetry {
    private class Item(val type: String, val endpoint: String, val code: Int?, val ms: Long?, val extra: String)

    private val items = ArrayDeque<Item>()

    /** [code] 0 is no answer. */
    fun request(path: String, code: Int, ms: Long) {
        val type = when (code) {
            401, 403 -> "auth"
            in 1..399 -> "latency"
            else -> "error"
        }
        add(Item(type, path, code, ms, ""))
    }

    /** [what] in a few words, without names and numbers. */
    fun event(type: String, what: String) = add(Item(type, "", null, null, what.take(MAX_WORDS)))

    @Synchronized
    private fun add(item: Item) {
        items.addLast(item)
        while (items.size > MOST) items.removeFirst()
    }

    val isEmpty: Boolean
        @Synchronized get() = items.isEmpty()

    /** Up to [BATCH] of them as the body of `telemetry/`; they are forgotten here. Null when there are none. */
    @Synchronized
    fun take(deviceId: String): JsonObject? {
        if (items.isEmpty()) return null
        val batch = List(minOf(BATCH, items.size)) { items.removeFirst() }
        return JsonObject(mapOf("device_id" to JsonPrimitive(deviceId), "items" to JsonArray(batch.map(::json))))
    }

    private fun json(item: Item): JsonObject {
        val fields = linkedMapOf<String, JsonElement>("type" to JsonPrimitive(item.type))
        if (item.endpoint.isNotEmpty()) fields["endpoint"] = JsonPrimitive(item.endpoint)
        item.code?.let { fields["http_code"] = JsonPrimitive(it) }
        item.ms?.let { fields["value_ms"] = JsonPrimitive(it) }
        if (item.extra.isNotEmpty()) fields["extra"] = JsonObject(mapOf("what" to JsonPrimitive(item.extra)))
        return JsonObject(fields)
    }

    companion object {
        /** The server takes no more in one body. */
        const val BATCH = 100
        private const val MOST = 1_000
        private const val MAX_WORDS = 200
    }
}
