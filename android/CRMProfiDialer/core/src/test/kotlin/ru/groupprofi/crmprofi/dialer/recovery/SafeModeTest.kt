package ru.groupprofi.crmprofi.dialer.recovery

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class SafeModeTest {
    private val minute = 60_000L

    @Test
    fun `three crashes within ten minutes end the loop`() {
        val two = SafeMode(version = "2.0").crashed(0).crashed(9 * minute)
        assertFalse(two.isOn)
        assertTrue(two.crashed(9 * minute + 59_000).isOn)
        assertFalse(two.crashed(10 * minute).isOn)
    }

    @Test
    fun `it lasts until the person leaves it or a newer version comes`() {
        val on = SafeMode(version = "2.0").crashed(1).crashed(2).crashed(3)
        assertTrue(on.started("2.0").isOn)
        assertFalse(on.started("2.1").isOn)
        assertFalse(on.left().isOn)
        assertTrue(on.crashed(1_000 * minute).isOn)
    }

    @Test
    fun `it survives the process, and a damaged line is a fresh start`() {
        val on = SafeMode(version = "2.0").crashed(1).crashed(2).crashed(3)
        assertTrue(SafeMode.decode(on.encode()).isOn)
        assertEquals("2.0", SafeMode.decode(on.encode()).version)
        for (line in listOf("", "|", "a|b|c|d", "2.0|0|x,y")) assertFalse(SafeMode.decode(line).isOn)
    }
}
