package ru.groupprofi.crmprofi.dialer.contract

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource

class CallDirectionTest {
    @ParameterizedTest
    @CsvSource(
        "1,INCOMING",
        "2,OUTGOING",
        "3,MISSED",
        "4,UNKNOWN",
        "5,INCOMING",
        "6,INCOMING",
        "7,INCOMING",
        "99,UNKNOWN",
    )
    fun `type of the call log`(type: Int, expected: CallDirection) {
        assertEquals(expected, CallDirection.fromCallLogType(type))
    }

    @ParameterizedTest
    @CsvSource("outgoing,OUTGOING", "incoming,INCOMING", "missed,MISSED", "unknown,UNKNOWN", "sideways,UNKNOWN")
    fun `word of the protocol`(word: String, expected: CallDirection) {
        assertEquals(expected, CallDirection.from(word))
    }
}
