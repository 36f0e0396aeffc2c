package ru.groupprofi.crmprofi.dialer.commands

import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.contract.CallEventPayload
import ru.groupprofi.crmprofi.dialer.protocol.ClientFrame
import ru.groupprofi.crmprofi.dialer.protocol.ServerFrame

/** The process died: whatever came next did not happen. */
class Killed : RuntimeException()

/** A phone whose process can be killed before any of its acts; the journal, the log and the line outlive it. */
class World : DeskPorts {
    var now = 1_000_000L
    var boot = "boot-1"
    var canDial = true
    var canWriteDisk = true
    var canReadLog = true
    var observes = true
    var placesWell = true
    var line = false
    var online = true
    val rows = LinkedHashMap<String, JournalRow>()
    val results = ArrayList<Pair<String, CallEventPayload>>()
    val logRows = ArrayList<CallLogRow>()
    val placed = ArrayList<String>()
    val said = ArrayList<ClientFrame>()
    val prompts = LinkedHashMap<String, Boolean>()
    val notices = ArrayList<DeskNotice>()

    /** How often the person was asked. */
    var asked = 0
    val finished = ArrayList<String>()
    private var ids = 0

    /** Told of each row that was written. */
    var onWrite: (JournalRow) -> Unit = {}

    /** Acts left until the process is killed; negative: it lives on. */
    var actsLeft = -1

    private fun act() {
        if (actsLeft == 0) throw Killed()
        if (actsLeft > 0) actsLeft -= 1
    }

    override val clock = object : DeskClock {
        override fun elapsed() = now

        override fun wall() = WALL + now

        override fun boot() = boot
    }

    override val phone = object : PhonePort {
        override val ownNumber = "+79220009999"
        override val canObserve get() = observes

        override fun mayDial() = canDial

        override fun isInCall() = line

        override fun isEmergency(number: String) = false

        override fun place(number: String): Boolean {
            act()
            placed += number
            return placesWell
        }
    }

    override val log = object : CallLogPort {
        override fun maxId() = if (canReadLog) logRows.maxOfOrNull { it.id } ?: -1L else null

        override fun after(id: Long) = if (canReadLog) logRows.filter { it.id > id } else null
    }

    override val journal = object : Journal {
        override fun find(callId: String) = rows[callId]

        override fun open() = rows.values.filter { !it.stage.isOver || it.isUnknown || it.stage == CallStage.RESOLVED }

        override fun write(row: JournalRow): Boolean {
            act()
            if (!canWriteDisk) return false
            rows[row.callId] = row
            onWrite(row)
            return true
        }

        override fun conclude(row: JournalRow, result: CallEventPayload): Boolean {
            act()
            if (!canWriteDisk) return false
            rows[row.callId] = row
            results += row.reportId to result
            return true
        }

        override fun takenLogIds(after: Long) = rows.values.mapNotNull { it.logId }.filter { it > after }.toSet()
    }

    override val screen = object : DeskScreen {
        override fun prompt(offer: ServerFrame.Offer, leftMs: Long, byHand: Boolean) {
            prompts[offer.callId] = byHand
            asked += 1
        }

        override fun unprompt(callId: String) {
            prompts.remove(callId)
        }

        override fun notice(notice: DeskNotice, callId: String, number: String) {
            notices += notice
        }

        override fun finished(historyId: String) {
            finished += historyId
        }
    }

    override val isOnline get() = online

    override fun say(frame: ClientFrame) {
        act()
        said += frame
    }

    override fun wake(inMs: Long) = require(inMs >= 0)

    override fun newId() = "report-${++ids}"

    /** The call comes to an end, and the system writes its row. */
    fun hangUp(number: String, seconds: Int, dialedAt: Long = now) {
        line = false
        logRows += CallLogRow((logRows.maxOfOrNull { it.id } ?: 0) + 1, number, 2, WALL + dialedAt, seconds)
    }

    companion object {
        const val WALL = 1_764_000_000_000L
    }
}

fun offer(id: String, phone: String = "+79220001246", ttlMs: Long = 60_000) =
    ServerFrame.Offer(id, phone, "", "ООО «Пример»", "", "", ttlMs)
