package ru.groupprofi.crmprofi.dialer.protocol

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.longOrNull

/** Reading JSON that a hostile or future server wrote: a field of the wrong kind is a missing field. */
internal object WireJson {
    private val json = Json

    /** The object, or null for anything else. */
    fun parse(text: String): JsonObject? = try {
        json.parseToJsonElement(text) as? JsonObject
    } catch (_: SerializationException) {
        null
    } catch (_: StackOverflowError) {
        null
    }
}

/** An object of the fields that are there. */
internal fun jsonOf(vararg fields: Pair<String, JsonElement?>): JsonObject = jsonOf(fields.asList())

internal fun jsonOf(fields: List<Pair<String, JsonElement?>>): JsonObject {
    val known = LinkedHashMap<String, JsonElement>()
    for ((name, value) in fields) if (value != null) known[name] = value
    return JsonObject(known)
}

/** The text of field [name], or null; numbers are not texts. */
internal fun JsonObject.text(name: String): String? = primitive(name)?.takeIf { it.isString }?.content

/** The text of field [name], or '' where there is none. */
internal fun JsonObject.words(name: String): String = text(name).orEmpty()

/** The whole number of field [name] within [range], or null. */
internal fun JsonObject.number(name: String, range: LongRange): Long? {
    val found = primitive(name)?.takeIf { !it.isString } ?: return null
    val whole = found.longOrNull ?: found.doubleOrNull?.takeIf { it == Math.rint(it) && Math.abs(it) < 1e15 }?.toLong()
    return whole?.coerceIn(range.first, range.last)
}

internal fun JsonObject.flag(name: String): Boolean? = primitive(name)?.takeIf { !it.isString }?.booleanOrNull

/** The field as it was sent, to be sent back; null where there is none. */
internal fun JsonObject.echo(name: String): JsonElement? = get(name)?.takeIf { it !is JsonNull }

private fun JsonObject.primitive(name: String): JsonPrimitive? = (get(name) as? JsonPrimitive)?.takeIf {
    it !is JsonNull
}
