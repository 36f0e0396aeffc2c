package ru.groupprofi.crmprofi.dialer.calls

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import ru.groupprofi.crmprofi.dialer.contract.CallStatus

class CallMatchTest {
    private val at = 1_764_063_001_000L
    private val call = PlacedCall("+79220001246", at, maxLogId = 10, sim = "sim-1")

    private fun row(
        id: Long = 11,
        number: String = "8 922 000-12-46",
        type: Int = 2,
        date: Long = at + 800,
        duration: Int = 0,
        sim: String = "sim-1",
    ) = CallLogRow(id, number, type, date, duration, sim)

    @Test
    fun `the call before to the same client is not this one`() {
        assertNull(
            CallMatch.find(
                call,
                listOf(row(id = 10), row(date = at - 5_001), row(type = 1), row(number = "+79220001247")),
            ),
        )
        assertEquals(12L, CallMatch.find(call, listOf(row(id = 10), row(id = 12, date = at - 5_000)))?.id)
    }

    @Test
    fun `the nearest row wins, and the chosen SIM before it`() {
        val near = row(id = 11, date = at + 100, sim = "sim-2")
        val far = row(id = 12, date = at + 90_000)
        assertEquals(far, CallMatch.find(call, listOf(near, far)))
        assertEquals(near, CallMatch.find(call.copy(sim = ""), listOf(near, far)))
        assertEquals(near, CallMatch.find(call.copy(sim = "sim-3"), listOf(far, near)))
    }

    @Test
    fun `a vendor that writes the prefix anew is understood`() {
        for (number in listOf("+7 (922) 000-12-46", "79220001246", "9220001246", "810" + "79220001246")) {
            assertEquals(11L, CallMatch.find(call, listOf(row(number = number)))?.id, number)
        }
    }

    @ParameterizedTest
    @CsvSource("0,NO_ANSWER", "1,CONNECTED", "3600,CONNECTED")
    fun `outgoing by its duration`(duration: Int, expected: CallStatus) {
        assertEquals(expected, CallMatch.outgoingStatus(row(duration = duration)))
    }

    @ParameterizedTest
    @CsvSource("1,5,CONNECTED", "1,0,REJECTED", "3,0,MISSED", "5,0,REJECTED", "6,0,REJECTED", "7,0,CONNECTED")
    fun `incoming by its type`(type: Int, duration: Int, expected: CallStatus) {
        assertEquals(expected, CallMatch.incomingStatus(row(type = type, duration = duration)))
    }

    @Test
    fun `voice mail and outgoing rows are no incoming calls`() {
        for (type in listOf(2, 4, 99)) assertNull(CallMatch.incomingStatus(row(type = type)))
    }
}
