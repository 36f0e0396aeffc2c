package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

interface DeskClock {
    /** Milliseconds since boot, running on in sleep. */
    fun elapsed(): Long

    /** Milliseconds since 1970. */
    fun wall(): Long

    fun boot(): String
}

interface PhonePort {
    val ownNumber: String

    /** The SIM that calls go out with, as the call log names it; empty when the system chooses. */
    val sim: String get() = ""

    /** False where calls of others cannot be seen: no READ_PHONE_STATE. */
    val canObserve: Boolean

    fun mayDial(): Boolean

    fun isInCall(): Boolean

    fun isEmergency(number: String): Boolean

    /** Hand the number to the system; false when it refused at once. */
    fun place(number: String): Boolean
}

interface CallLogPort {
    /** The newest row's id, -1 of an empty log, null when it may not be read. */
    fun maxId(): Long?

    /** Rows after [id]; null when it may not be read. */
    fun after(id: Long): List<CallLogRow>?
}

enum class DeskNotice { UNSAFE, BUSY, MEMORY_FULL, NOT_DIALED, OFFLINE }

/** What the person sees. */
interface DeskScreen {
    /** «Пора позвонить»; [byHand] when only the person's own dialler may do it. */
    fun prompt(offer: ServerFrame.Offer, leftMs: Long, byHand: Boolean)

    fun unprompt(callId: String)

    fun notice(notice: DeskNotice, callId: String, number: String)

    /** The call is over and its result stands in the history as [historyId]: time for a note. */
    fun finished(historyId: String)
}

interface DeskPorts {
    val clock: DeskClock
    val phone: PhonePort
    val log: CallLogPort
    val journal: Journal
    val screen: DeskScreen

    /** The socket is there: a claim would be heard. */
    val isOnline: Boolean

    /** Over the socket, or by REST while there is none; may be lost. */
    fun say(frame: ClientFrame)

    /** Call `tick` in [inMs] milliseconds or a little later. */
    fun wake(inMs: Long)

    fun newId(): String
}

/** «звонить сразу» or «спрашивать». */
enum class DialPolicy { AT_ONCE, ASK }
