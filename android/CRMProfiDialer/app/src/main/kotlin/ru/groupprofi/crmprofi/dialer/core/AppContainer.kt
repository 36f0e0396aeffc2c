package ru.groupprofi.crmprofi.dialer.core

import android.app.Application
import android.content.Context
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import ru.groupprofi.crmprofi.dialer.CRMApplication
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.data.CallLogObserverManager
import ru.groupprofi.crmprofi.dialer.logs.AppLogger
import ru.groupprofi.crmprofi.dialer.logs.LogCollector
import ru.groupprofi.crmprofi.dialer.logs.LogSender
import ru.groupprofi.crmprofi.dialer.logs.RingLog
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.OkHttpSockets
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.net.TokenManager
import ru.groupprofi.crmprofi.dialer.notify.CallerCards
import ru.groupprofi.crmprofi.dialer.notify.Cards
import ru.groupprofi.crmprofi.dialer.notify.DeskCards
import ru.groupprofi.crmprofi.dialer.notify.PromptCards
import ru.groupprofi.crmprofi.dialer.notify.ServiceCard
import ru.groupprofi.crmprofi.dialer.notify.StateCards
import ru.groupprofi.crmprofi.dialer.notify.SystemScreen
import ru.groupprofi.crmprofi.dialer.notify.Taps
import ru.groupprofi.crmprofi.dialer.platform.Awake
import ru.groupprofi.crmprofi.dialer.platform.CallStateWatch
import ru.groupprofi.crmprofi.dialer.platform.Identity
import ru.groupprofi.crmprofi.dialer.platform.KeystoreKey
import ru.groupprofi.crmprofi.dialer.platform.LastHeard
import ru.groupprofi.crmprofi.dialer.platform.NetworkWatch
import ru.groupprofi.crmprofi.dialer.platform.PrivateFile
import ru.groupprofi.crmprofi.dialer.platform.Seal
import ru.groupprofi.crmprofi.dialer.platform.SystemAlarms
import ru.groupprofi.crmprofi.dialer.platform.SystemCallLog
import ru.groupprofi.crmprofi.dialer.platform.SystemClock
import ru.groupprofi.crmprofi.dialer.platform.SystemFacts
import ru.groupprofi.crmprofi.dialer.platform.SystemPhone
import ru.groupprofi.crmprofi.dialer.platform.WakefulSockets
import ru.groupprofi.crmprofi.dialer.platform.sqlite.SystemDb
import ru.groupprofi.crmprofi.dialer.recovery.AutoRecoveryManager
import ru.groupprofi.crmprofi.dialer.recovery.CrashLogStore
import ru.groupprofi.crmprofi.dialer.recovery.SafeModeManager
import ru.groupprofi.crmprofi.dialer.runtime.Dialer
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.runtime.Wiring
import ru.groupprofi.crmprofi.dialer.service.RecoveryJob
import ru.groupprofi.crmprofi.dialer.service.ServiceKeeper
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.Settings
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import java.io.Closeable
import java.io.File
import java.util.UUID
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

val Context.crm: AppContainer get() = (applicationContext as CRMApplication).container

/** Everything of the process, wired by hand. What the screens use stands on top. */
class AppContainer(private val app: Application, seal: Seal = KeystoreKey.seal()) : Closeable {
    val scope: CoroutineScope = MainScope()
    val facts = SystemFacts(app, seal.isOfKeyStore)
    val safeMode = SafeModeManager(app, facts.appVersion) { leftSafeMode() }
    val serverDefault: String = app.getString(R.string.server_address)

    /** Hosts that may be spoken to without TLS; the network security config says the same. */
    val clearTextHosts: Set<String> =
        if (app.getString(R.string.environment_name) == "production") {
            emptySet()
        } else {
            setOfNotNull(ServerAddress.stored(serverDefault)?.base?.host, EMULATOR)
        }

    private val crashes = CrashLogStore(File(app.noBackupFilesDir, "crash"), facts.appVersion, safeMode)
    private val clock = SystemClock(app)
    private val identity = Identity(app)
    private val ring = RingLog()
    val log = AppLogger(ring)
    val awake = Awake(app)
    private val db = SystemDb(app)
    private val settings = Settings(db)
    private val board = StatusBoard()
    private val last = LastHeard(clock::elapsed)

    private val cards = Cards(app)
    private val taps = Taps(app)
    val prompts = PromptCards(cards, taps)
    val serviceCard = ServiceCard(cards, taps)
    private val callers = CallerCards(cards, taps)
    private val states = StateCards(cards, taps)

    private val store = app.getSharedPreferences("service", Context.MODE_PRIVATE)
    val keeper = ServiceKeeper(app, store, log)
    val alarms = SystemAlarms(app, awake) { rang(it) }
    private val worker = Executors.newSingleThreadExecutor { Thread(it, "dialer") }
    private val telemetry = Telemetry()
    private val tokens = TokenManager(PrivateFile(File(app.noBackupFilesDir, "login")), seal.codec)
    private val http = httpClient(app, tokens, telemetry, last, log::info)
    private val sockets = WakefulSockets(OkHttpSockets(http), awake, last)
    val dialer: Dialer = Dialer(wiring(seal), worker.asCoroutineDispatcher(), ::crashed)

    val calls = CallFlowCoordinator(dialer, callers)
    val logs = LogSender(scope, LogCollector(ring), dialer, { status.username.isNotEmpty() })
    private val network = NetworkWatch(app) { dialer.network(it) }
    private val line = CallStateWatch(app, calls::handleLineState)
    private val observer = CallLogObserverManager(app) { dialer.callLogChanged() }
    private val recovery = AutoRecoveryManager(store, Hands())

    var status: DialerStatus
        get() = board.now
        set(value) = board.tell(value.copy(wasReset = db.wasReset))

    /** [listener] is called on the main thread, at once and at each change. */
    fun watch(listener: (DialerStatus) -> Unit): Closeable = board.watch(listener)

    /** False when the system did not let us. */
    fun startService(): Boolean = keeper.start()

    // --- the system's side

    fun begin() {
        crashes.install()
        dialer.start(safeMode.isOn)
        watch(::follow)
        RecoveryJob.schedule(app)
        look()
    }

    /** A permission may have been given meanwhile. On the main thread. */
    fun look() {
        if (safeMode.isOn) return
        network.begin()
        line.begin()
        observer.begin()
    }

    /** The broadcast tells the state of the line only where nobody watches it: it may come late. */
    fun line(state: Int) {
        if (!line.isOn) calls.handleLineState(state)
    }

    /** Alive? If not, up again; and what waits is sent. */
    fun recover() {
        if (safeMode.isOn) return
        recovery.look()
        rang("recovery")
    }

    fun serviceStarted() {
        keeper.started()
        recovery.helped()
        states.connected()
    }

    /** The end of the process; only tests see it. */
    override fun close() {
        crashes.uninstall()
        network.end()
        line.end()
        observer.end()
        alarms.forgetAll()
        dialer.stop()
        sockets.close()
        scope.cancel()
        worker.shutdown()
        worker.awaitTermination(CLOSE_S, TimeUnit.SECONDS)
        db.close()
    }

    private fun follow(now: DialerStatus) {
        if (!board.isKnown) return
        keeper.follow(now)
        states.follow(now)
    }

    private fun rang(alarm: String) {
        dialer.rang(alarm)
    }

    private fun leftSafeMode() {
        dialer.leaveSafeMode()
        look()
    }

    private fun crashed(error: Throwable) {
        val handler = Thread.getDefaultUncaughtExceptionHandler() ?: throw error
        handler.uncaughtException(Thread.currentThread(), error)
    }

    private fun setting(name: String): String? = try {
        settings[name]
    } catch (_: DbFailed) {
        null
    }

    private fun wiring(seal: Seal): Wiring {
        val desk = DeskCards(cards, taps) { status.server }
        return Wiring(
            clock = clock,
            phone = SystemPhone(app, ::setting),
            log = SystemCallLog(app),
            screen = SystemScreen(prompts, callers, desk) { status = it },
            alarms = alarms,
            facts = facts,
            db = db,
            codec = seal.codec,
            tokens = tokens,
            api = ApiClient(http, tokens, identity.deviceId, identity.instance),
            sockets = sockets,
            telemetry = telemetry,
            ring = ring,
            deviceId = identity.deviceId,
            instance = identity.instance,
            newId = { UUID.randomUUID().toString() },
            crash = crashes::take,
        )
    }

    private inner class Hands : AutoRecoveryManager.Hands {
        override val status get() = board.now
        override val isServiceWanted get() = keeper.isWanted
        override val isServiceAlive get() = keeper.isRunning
        override val hasNetwork get() = facts.network() != "none"
        override val sinceServerMs get() = last.sinceMs()

        override fun reconnect() {
            dialer.connect()
        }

        override fun restart() = keeper.start()

        override fun askPerson() = states.askToConnect()
    }

    private companion object {
        const val EMULATOR = "10.0.2.2"
        const val CLOSE_S = 5L
    }
}
