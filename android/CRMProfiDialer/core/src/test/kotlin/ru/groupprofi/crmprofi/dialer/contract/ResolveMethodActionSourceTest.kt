package ru.groupprofi.crmprofi.dialer.contract

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class ResolveMethodActionSourceTest {
    @Test
    fun `words of the protocol`() {
        assertEquals(listOf("observer", "retry", "unknown"), ResolveMethod.entries.map { it.apiValue })
        assertEquals(listOf("crm_ui", "notification", "history", "unknown"), ActionSource.entries.map { it.apiValue })
        assertEquals(
            listOf("connected", "no_answer", "busy", "rejected", "missed", "unknown"),
            CallStatus.entries.map { it.apiValue },
        )
    }

    @Test
    fun `a word of a newer server is unknown`() {
        assertEquals(ResolveMethod.UNKNOWN, ResolveMethod.from("guess"))
        assertEquals(ActionSource.UNKNOWN, ActionSource.from(null))
        assertEquals(CallStatus.UNKNOWN, CallStatus.from("voicemail"))
        assertEquals(ResolveMethod.RETRY, ResolveMethod.from("retry"))
        assertEquals(ActionSource.HISTORY, ActionSource.from("history"))
        assertEquals(CallStatus.BUSY, CallStatus.from("busy"))
    }
}
