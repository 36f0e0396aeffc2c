package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.io.TempDir
import ru.groupprofi.crmprofi.dialer.e2e.text
import ru.groupprofi.crmprofi.dialer.net.AddressAnswer
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.session.Told
import java.io.File

const val NUMBER = "+79220001246"

/** The whole dialer against a server that does what a test tells it to. */
abstract class DialerCase {
    @TempDir
    lateinit var folder: File
    protected val server = ScriptedServer()
    protected val phone by lazy {
        Handset(folder).also { made ->
            made.place = {
                made.line = true
                made.process?.dialer?.lineTaken()
                true
            }
        }
    }
    protected val dialer get() = phone.process!!.dialer

    @AfterEach
    fun over() {
        phone.close()
        server.close()
        assertEquals(emptyList<Throwable>(), phone.crashes.toList())
    }

    protected fun logIn(name: String = "ivanov"): ApiResult<*> {
        val address = (ServerAddress.read(server.url, setOf("localhost", "127.0.0.1")) as AddressAnswer.Good).address
        return runBlocking { dialer.logIn(address, name, "x") }
    }

    protected fun online(name: String = "ivanov") {
        phone.boot()
        assertTrue(logIn(name) is ApiResult.Success)
        eventually("на связи") { phone.status.told == Told.ONLINE }
    }

    protected fun offer(id: String, number: String = NUMBER, ttlMs: Any = 60_000) =
        server.say("""{"type":"offer","call_id":"$id","phone":"$number","title":"ООО","ttl_ms":$ttlMs}""")

    protected fun grants() {
        server.reacts["claim"] = {
            listOf("""{"type":"go","call_id":"${it.text("call_id")}","lease":"l","dial_within_ms":5000}""")
        }
    }

    protected fun rejects() = server.frames("reject").map { it.text("call_id") to it.text("reason") }
}
