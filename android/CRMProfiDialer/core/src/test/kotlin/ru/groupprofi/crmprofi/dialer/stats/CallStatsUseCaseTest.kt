package ru.groupprofi.crmprofi.dialer.stats

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import java.io.File

class CallStatsUseCaseTest {
    private fun call(status: CallStatus, seconds: Int? = null, at: Long = 100) =
        CallHistoryItem("id", "+70005550101", status, seconds, at)

    @Test
    fun `nothing is nothing and no division by zero`() {
        val stats = CallStatsUseCase.calculate(emptyList())
        assertEquals(listOf(0.0, 0.0), listOf(stats.connectRate, stats.total.toDouble()))
        assertEquals(0, stats.averageTalkSeconds)
    }

    @Test
    fun `every result counts`() {
        val stats = CallStatsUseCase.calculate(CallStatus.entries.map { call(it) })
        assertEquals(CallStatus.entries.size, stats.total)
        assertEquals(1, stats.unknown)
    }

    @Test
    fun `share of connected calls`() {
        val calls =
            listOf(
                call(CallStatus.CONNECTED, 10),
                call(CallStatus.NO_ANSWER),
                call(CallStatus.MISSED),
                call(CallStatus.BUSY),
            )
        assertEquals(0.25, CallStatsUseCase.calculate(calls).connectRate)
    }

    @Test
    fun `unknown calls stay in the total`() {
        val calls = listOf(call(CallStatus.CONNECTED, 10), call(CallStatus.UNKNOWN))
        assertEquals(0.5, CallStatsUseCase.calculate(calls).connectRate)
    }

    @Test
    fun `talks are added up`() {
        val calls =
            listOf(call(CallStatus.CONNECTED, 10), call(CallStatus.CONNECTED, 25), call(CallStatus.NO_ANSWER, 7))
        val stats = CallStatsUseCase.calculate(calls)
        assertEquals(35 to 18, stats.talkSeconds to stats.averageTalkSeconds)
    }

    @Test
    fun `a talk without a duration does not pull the average down`() {
        val calls = listOf(call(CallStatus.CONNECTED, 20), call(CallStatus.CONNECTED), call(CallStatus.CONNECTED, 20))
        assertEquals(20, CallStatsUseCase.calculate(calls).averageTalkSeconds)
        assertEquals(3, CallStatsUseCase.calculate(calls).connected)
    }

    @Test
    fun `the server's own vectors`() {
        val file = File(System.getProperty("crm.frames"), "../vectors/statistics.json")
        val days = Json.parseToJsonElement(file.readText()).jsonObject.getValue("days").jsonArray.map { it.jsonObject }
        assertTrue(days.size > 4)
        for (day in days) {
            val calls = day.getValue("calls").jsonArray.map { it.jsonArray }.map { (status, seconds) ->
                call(CallStatus.from(status.jsonPrimitive.content), seconds.jsonPrimitive.intOrNull)
            }
            val found = CallStatsUseCase.calculate(calls)
            val told = listOf("total", "connected", "unknown", "talk_s", "average_s")
                .map { day.getValue(it).jsonPrimitive.int }
            assertEquals(told, found.run { listOf(total, connected, unknown, talkSeconds, averageTalkSeconds) }, "$day")
            assertEquals(day.getValue("rate_percent").jsonPrimitive.double, found.connectRate * 100, 0.05, "$day")
        }
    }

    @Test
    fun `a period has its first moment and not its last`() {
        val calls = listOf(99L, 100L, 199L, 200L).map { call(CallStatus.BUSY, at = it) }
        assertEquals(2, CallStatsUseCase.calculate(calls, from = 100, until = 200).total)
        assertEquals(0, CallStatsUseCase.calculate(calls, until = Long.MIN_VALUE).total)
    }
}
