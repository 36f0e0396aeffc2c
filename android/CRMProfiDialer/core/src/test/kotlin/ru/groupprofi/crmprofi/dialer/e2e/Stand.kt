package ru.groupprofi.crmprofi.dialer.e2e

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import okhttp3.FormBody
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import java.io.BufferedReader
import java.io.File
import java.util.concurrent.TimeUnit

data class Person(val id: Long, val username: String, val access: String, val session: String)

/** The real servers: `python -m faults.stand` with its own PostgreSQL and Valkey, commanded line by line. */
class Stand private constructor(private val process: Process) {
    private val input: BufferedReader = process.inputStream.bufferedReader()
    private val people = ArrayDeque<Person>()
    private val http = OkHttpClient.Builder().followRedirects(false).readTimeout(30, TimeUnit.SECONDS).build()
    val ports: List<Int>

    init {
        val hello = read()
        for (found in hello.getValue("people").jsonArray.map { it.jsonObject }) {
            people += Person(
                found.getValue("id").jsonPrimitive.content.toLong(),
                found.text("username"),
                found.text("access"),
                found.text("session"),
            )
        }
        ports = hello.getValue("ports").jsonArray.map { it.jsonPrimitive.int }
    }

    /** Somebody who has no phone yet. */
    @Synchronized
    fun person(): Person = people.removeFirst()

    fun url(node: Int = 0) = "http://127.0.0.1:${ports[node]}"

    fun kill(node: Int) = order("kill", "node" to JsonPrimitive(node))

    fun start(node: Int) = order("start", "node" to JsonPrimitive(node))

    /** A card of the person's own with one number. */
    fun company(person: Person, name: String, phone: String) = order(
        "company",
        "user" to JsonPrimitive(person.id),
        "name" to JsonPrimitive(name),
        "phone" to JsonPrimitive(phone),
    )

    fun revoke(device: String) = order("revoke", "device" to JsonPrimitive(device))

    fun rows(query: String, vararg values: Any): List<JsonObject> = order(
        "rows",
        "query" to JsonPrimitive(query),
        "values" to JsonArray(values.map { if (it is Number) JsonPrimitive(it) else JsonPrimitive(it.toString()) }),
    ).jsonArray.map { it.jsonObject }

    /** «Позвонить» as the page does it; the id of the call. */
    fun click(person: Person, phone: String, node: Int = 0): String {
        val csrf = "c".repeat(32)
        val request = Request.Builder().url(url(node) + "/calls/click/")
            .header("Cookie", "sessionid=${person.session}; csrftoken=$csrf")
            .header("X-CSRFToken", csrf)
            .header("X-Requested-With", "crm")
            .post(FormBody.Builder().add("phone", phone).build())
            .build()
        http.newCall(request).execute().use {
            check(it.code in 200..399) { "${it.code} ${it.body?.string()?.take(500)}" }
        }
        val query = "SELECT id FROM phonebridge_callrequest WHERE user_id = %s ORDER BY created_at DESC LIMIT 1"
        return rows(query, person.id).single().text("id")
    }

    /** A one-time code, as the page shows it. */
    fun qr(person: Person, node: Int = 0): String {
        val request = Request.Builder().url(url(node) + "/api/phone/qr/create/")
            .header("Authorization", "Bearer ${person.access}")
            .post("{}".toRequestBody("application/json".toMediaType())).build()
        return http.newCall(request).execute().use {
            Json.parseToJsonElement(it.body!!.string()).jsonObject.text("token")
        }
    }

    fun call(id: String): JsonObject = rows("SELECT * FROM phonebridge_callrequest WHERE id = %s", id).single()

    fun reports(id: String): List<JsonObject> =
        rows("SELECT body, transport FROM phonebridge_callreport WHERE call_id = %s ORDER BY id", id)

    fun letters(person: Person): Int = rows(
        "SELECT count(*) AS n FROM phonebridge_deadletter d JOIN phonebridge_callreport r ON r.id = d.report_id " +
            "WHERE r.user_id = %s",
        person.id,
    ).single().getValue("n").jsonPrimitive.int

    private fun order(what: String, vararg fields: Pair<String, JsonElement>): JsonElement = synchronized(input) {
        val line = JsonObject(mapOf("do" to JsonPrimitive(what)) + fields)
        process.outputStream.write("$line\n".toByteArray())
        process.outputStream.flush()
        read().getValue("answer")
    }

    private fun read(): JsonObject {
        val line = input.readLine() ?: error("the stand has ended: ${process.waitFor()}")
        return Json.parseToJsonElement(line).jsonObject
    }

    companion object {
        /** `crm.python` and `crm.backend` say how to start it; both are set by `./crm android-check`. */
        val shared: Stand by lazy {
            val folder = File(System.getProperty("java.io.tmpdir"), "crm-stand-${ProcessHandle.current().pid()}")
            val process = ProcessBuilder(System.getProperty("crm.python"), "-m", "faults.stand", folder.path)
                .directory(File(System.getProperty("crm.backend")))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
            Runtime.getRuntime().addShutdownHook(
                Thread {
                    process.outputStream.close()
                    process.waitFor(30, TimeUnit.SECONDS)
                    folder.deleteRecursively()
                },
            )
            Stand(process)
        }
    }
}

fun JsonObject.text(name: String): String = get(name)?.jsonPrimitive?.contentOrNull.orEmpty()
