package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.coroutines.asCoroutineDispatcher
import okhttp3.OkHttpClient
import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.commands.CallLogPort
import ru.groupprofi.crmprofi.dialer.commands.DeskClock
import ru.groupprofi.crmprofi.dialer.commands.DeskNotice
import ru.groupprofi.crmprofi.dialer.commands.Killed
import ru.groupprofi.crmprofi.dialer.commands.PhonePort
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.logs.RingLog
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.AuthInterceptor
import ru.groupprofi.crmprofi.dialer.net.OkHttpSockets
import ru.groupprofi.crmprofi.dialer.net.SecretFile
import ru.groupprofi.crmprofi.dialer.net.SocketMaker
import ru.groupprofi.crmprofi.dialer.net.TelemetryInterceptor
import ru.groupprofi.crmprofi.dialer.net.TokenManager
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.store.FileDb
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import java.io.Closeable
import java.io.File
import java.security.ProviderException
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors
import java.util.concurrent.ScheduledFuture
import java.util.concurrent.TimeUnit
import javax.crypto.spec.SecretKeySpec
import kotlin.random.Random

/** A file in a folder that outlives the process of the test's phone. */
class PlainFile(private val file: File) : SecretFile {
    override fun read(): ByteArray? = if (file.exists()) file.readBytes() else null

    override fun write(bytes: ByteArray) = file.writeBytes(bytes)

    override fun delete() {
        file.delete()
    }
}

/**
 * A phone that outlives its processes: line, call log, key, folder with the database. [boot] starts a process of the
 * real dialer on it, [kill] ends that one without a word.
 */
class Handset(private val folder: File, private val seed: Int = 1) : Closeable {
    val deviceId = "test-" + UUID.randomUUID().toString().take(12)
    private val instance = UUID.randomUUID().toString().replace("-", "")
    private val key = SecretKeySpec(ByteArray(32) { it.toByte() }, "AES")
    val logRows = CopyOnWriteArrayList<CallLogRow>()
    val placed = CopyOnWriteArrayList<String>()
    val prompts = ConcurrentHashMap<String, ServerFrame.Offer>()
    val notices = CopyOnWriteArrayList<Pair<DeskNotice, String>>()
    val cards = CopyOnWriteArrayList<Pair<String, ServerFrame.Caller>>()
    val reminders = CopyOnWriteArrayList<ServerFrame.Notice>()
    val finished = CopyOnWriteArrayList<String>()
    val crashes = CopyOnWriteArrayList<Throwable>()

    @Volatile var line = false

    @Volatile var mayDial = true

    @Volatile var mayReadLog = true

    @Volatile var networkNow = "wifi"

    @Volatile var status = DialerStatus()

    @Volatile var wallShift = 0L

    /** How a dialled call goes: it is told the number on the thread of the dialler; false refuses. */
    @Volatile var place: (String) -> Boolean = { true }

    private val fate = Any()

    /** Acts on the outside left until the process is killed in the middle of one; negative: it lives on. */
    private var actsLeft = -1
    private var isStruck = false

    @Volatile var crash: String? = null

    /** The key store does not answer. */
    @Volatile var isLocked = false

    /** Called before each write to the disk; throws what the disk would. */
    @Volatile var denied: (String) -> Unit = {}

    /** The same before each look at it. */
    @Volatile var unreadable: (String) -> Unit = {}
    var process: Process? = null
        private set

    fun boot(isSafeMode: Boolean = false, sockets: (OkHttpClient) -> SocketMaker = ::OkHttpSockets): Dialer {
        kill()
        return Process(isSafeMode, sockets).also { process = it }.dialer
    }

    /** The process is gone: nothing of it runs any more. */
    fun kill() {
        process?.end()
        process = null
    }

    /** The number of the last call rings out and the talk ends after [seconds]. */
    fun hangUp(number: String, seconds: Int, type: Int = 2) {
        line = false
        addLogRow(number, seconds, type)
        process?.dialer?.lineFree()
        process?.dialer?.callLogChanged()
    }

    fun addLogRow(number: String, seconds: Int, type: Int) {
        val at = System.currentTimeMillis() + wallShift - 500
        logRows += CallLogRow((logRows.lastOrNull()?.id ?: 0) + 1, number, type, at, seconds)
    }

    override fun close() = kill()

    /** The process will be killed in the middle of its act number [acts], from 0. */
    fun doom(acts: Int) = synchronized(fate) {
        actsLeft = acts
        isStruck = false
    }

    /** It lives on; true when it is too late: then [crashes] tells it in a moment, if it has not yet. */
    fun spare(): Boolean = synchronized(fate) {
        actsLeft = -1
        isStruck
    }

    private fun act(what: String) = synchronized(fate) {
        if (actsLeft == 0) {
            isStruck = true
            throw Killed()
        }
        if (actsLeft > 0 && what.isNotEmpty()) actsLeft -= 1
    }

    /** One life of the application. */
    inner class Process(isSafeMode: Boolean, sockets: (OkHttpClient) -> SocketMaker) {
        private val timer = Executors.newSingleThreadScheduledExecutor()
        private val worker = Executors.newSingleThreadExecutor()
        private val db = FileDb(File(folder, "dialer.db"))
        private val codec =
            AesGcmCodec(patienceMs = 0, key = { if (isLocked) throw ProviderException("key store") else key })
        val tokens = TokenManager(PlainFile(File(folder, "login")), codec)
        private val telemetry = Telemetry()
        val http: OkHttpClient = OkHttpClient.Builder()
            .addInterceptor(AuthInterceptor { tokens.current })
            .addInterceptor(TelemetryInterceptor(telemetry))
            .callTimeout(15, TimeUnit.SECONDS)
            .readTimeout(0, TimeUnit.SECONDS)
            .build()
        val api = ApiClient(http, tokens, deviceId, instance)
        val ring = RingLog()

        @Volatile private var isOver = false
        val dialer: Dialer

        init {
            db.beforeWrite = {
                denied(it)
                act(it)
            }
            db.beforeRead = { unreadable(it) }
            dialer = Dialer(wiring(sockets(http)), worker.asCoroutineDispatcher()) {
                crashes += it
                dies()
            }
            dialer.start(isSafeMode)
        }

        private fun wiring(sockets: SocketMaker) = Wiring(
            clock = Clock(),
            phone = Telephone(),
            log = Log(),
            screen = Screen(),
            alarms = Alarms(),
            facts = Facts(),
            db = db,
            codec = codec,
            tokens = tokens,
            api = api,
            sockets = sockets,
            telemetry = telemetry,
            ring = ring,
            deviceId = deviceId,
            instance = instance,
            newId = { UUID.randomUUID().toString() },
            random = Random(seed),
            crash = { crash.also { crash = null } },
        )

        /** From here on nothing of this life runs; its threads and files are put away by [end]. */
        private fun dies() {
            isOver = true
            dialer.stop()
            http.dispatcher.cancelAll()
        }

        fun end() {
            dies()
            timer.shutdownNow()
            worker.shutdown()
            check(worker.awaitTermination(10, TimeUnit.SECONDS)) { "the dialer's thread does not end" }
            http.connectionPool.evictAll()
            db.close()
        }

        private inner class Alarms : ru.groupprofi.crmprofi.dialer.runtime.Alarms {
            private val pending = HashMap<String, ScheduledFuture<*>>()

            @Synchronized
            override fun wake(name: String, inMs: Long) {
                forget(name)
                if (isOver) return
                pending[name] = timer.schedule({ dialer.rang(name) }, inMs, TimeUnit.MILLISECONDS)
            }

            @Synchronized
            override fun forget(name: String) {
                pending.remove(name)?.cancel(false)
            }
        }

        private inner class Telephone : PhonePort {
            override val ownNumber = ""
            override val canObserve = true

            override fun mayDial() = mayDial

            override fun isInCall() = line

            override fun isEmergency(number: String) = false

            override fun place(number: String): Boolean {
                act("place")
                val isTaken = this@Handset.place(number)
                placed += number
                return isTaken
            }
        }

        private inner class Log : CallLogPort {
            override fun maxId() = if (mayReadLog) logRows.maxOfOrNull { it.id } ?: -1L else null

            override fun after(id: Long) = if (mayReadLog) logRows.filter { it.id > id } else null
        }
    }

    private inner class Clock : DeskClock {
        override fun elapsed() = System.nanoTime() / 1_000_000

        override fun wall() = System.currentTimeMillis() + wallShift

        override fun boot() = "boot"
    }

    private inner class Screen : DialerScreen {
        override fun prompt(offer: ServerFrame.Offer, leftMs: Long, byHand: Boolean) {
            prompts[offer.callId] = offer
        }

        override fun unprompt(callId: String) {
            prompts.remove(callId)
        }

        override fun notice(notice: DeskNotice, callId: String, number: String) {
            notices += notice to callId
        }

        override fun status(status: DialerStatus) {
            this@Handset.status = status
        }

        override fun caller(number: String, caller: ServerFrame.Caller) {
            cards += number to caller
        }

        override fun reminder(notice: ServerFrame.Notice) {
            reminders += notice
        }

        override fun finished(historyId: String) {
            finished += historyId
        }
    }

    private inner class Facts : PhoneFacts {
        override val deviceName = "Samsung A54"
        override val appVersion = "2.0.0"
        override val isEncrypted = true

        override fun battery() = 83

        override fun network() = networkNow

        override fun permissions() = mapOf("call_phone" to mayDial, "read_call_log" to mayReadLog)

        override fun sims() = listOf(Sim(0, "МТС"))
    }
}

/** Waits for [condition], which says what it waits for; fails after [limitMs]. */
fun eventually(what: String, limitMs: Long = 20_000, condition: () -> Boolean) =
    eventually({ what }, limitMs, condition)

/** The same with words that are found when it has failed. */
fun eventually(what: () -> String, limitMs: Long = 20_000, condition: () -> Boolean) {
    val end = System.nanoTime() + limitMs * 1_000_000
    while (!condition()) {
        check(System.nanoTime() < end) { "не дождались: ${what()}" }
        Thread.sleep(10)
    }
}
