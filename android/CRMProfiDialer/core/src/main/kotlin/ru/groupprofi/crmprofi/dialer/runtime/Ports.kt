package ru.groupprofi.crmprofi.dialer.runtime

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import ru.groupprofi.crmprofi.dialer.commands.CallLogPort
import ru.groupprofi.crmprofi.dialer.commands.DeskClock
import ru.groupprofi.crmprofi.dialer.commands.DeskScreen
import ru.groupprofi.crmprofi.dialer.commands.PhonePort
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.logs.RingLog
import ru.groupprofi.crmprofi.dialer.net.ApiClient
import ru.groupprofi.crmprofi.dialer.net.SocketMaker
import ru.groupprofi.crmprofi.dialer.net.TokenManager
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame
import ru.groupprofi.crmprofi.dialer.protocol.jsonOf
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.Db
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import kotlin.random.Random

/** Wakes the dialer, asleep or not; an alarm of the same name replaces the one before. */
interface Alarms {
    fun wake(name: String, inMs: Long)

    fun forget(name: String)
}

data class Sim(val slot: Int, val operator: String)

/** What the phone says of itself. */
interface PhoneFacts {
    val deviceName: String
    val appVersion: String

    /** True when the log-in is sealed with a key of the phone's own store. */
    val isEncrypted: Boolean

    /** Percent, null when unknown. */
    fun battery(): Int?

    /** wifi, cellular, other, none. */
    fun network(): String

    fun permissions(): Map<String, Boolean>

    fun sims(): List<Sim>
}

/** What a registration tells of the phone. */
internal fun PhoneFacts.registration(): JsonObject = jsonOf(
    "device_name" to JsonPrimitive(deviceName),
    "app_version" to JsonPrimitive(appVersion),
    "platform" to JsonPrimitive(PLATFORM),
    "encryption_enabled" to JsonPrimitive(isEncrypted),
)

internal const val PLATFORM = "android"

/** What the person sees and hears. */
interface DialerScreen : DeskScreen {
    fun status(status: DialerStatus)

    /** The card of a caller that the CRM knows. */
    fun caller(number: String, caller: ServerFrame.Caller)

    /** A reminder of the server's. */
    fun reminder(notice: ServerFrame.Notice)
}

/** The state in facts that plain words are made of. [othersWaiting] results wait for [othersName] to log in. */
data class DialerStatus(
    val told: Told = Told.LOG_IN,
    val username: String = "",
    val server: String = "",
    val isShiftOn: Boolean = true,
    val waiting: Int = 0,
    val dead: Int = 0,
    val othersWaiting: Int = 0,
    val othersName: String = "",
    val isStuck: Boolean = false,
    /** Results have waited for more than an hour, or are very many: the person is told even with the screen off. */
    val isLate: Boolean = false,
    /** The log-in on this phone could not be opened any more. */
    val wasDamaged: Boolean = false,
    /** The database was damaged and moved aside. */
    val wasReset: Boolean = false,
    val isDiskFull: Boolean = false,
    /** The phone's key store does not open what it has sealed; it is asked again. */
    val isLocked: Boolean = false,
)

/** Everything that the dialer stands on. */
class Wiring(
    val clock: DeskClock,
    val phone: PhonePort,
    val log: CallLogPort,
    val screen: DialerScreen,
    val alarms: Alarms,
    val facts: PhoneFacts,
    val db: Db,
    val codec: AesGcmCodec,
    val tokens: TokenManager,
    val api: ApiClient,
    val sockets: SocketMaker,
    val telemetry: Telemetry,
    val ring: RingLog,
    val deviceId: String,
    val instance: String,
    val newId: () -> String,
    val random: Random = Random.Default,
    /** The crash before this start, if there was one; it goes with the first bundle. */
    val crash: () -> String? = { null },
)
