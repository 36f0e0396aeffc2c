package ru.groupprofi.crmprofi.dialer.logs

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.random.Random

class MaskTest {
    @Test
    fun `a number keeps its country and two digits`() {
        assertEquals("звоню +7…46 сейчас", Mask.text("звоню +7 (922) 000-12-46 сейчас"))
        assertEquals("…46", Mask.phone("0001246"))
    }

    @Test
    fun `tokens are told apart and told no more`() {
        val jwt = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.c2lnbmF0dXJlc2lnbmF0dXJl"
        val said = Mask.text("Authorization: Bearer $jwt, {\"refresh\":\"$jwt\"} password=hunter22")
        assertFalse(jwt in said || "hunter22" in said, said)
        assertEquals(Mask.token(jwt), Mask.token(jwt))
        assertEquals(Mask.token(jwt), Mask.token(Mask.token(jwt)))
    }

    @Test
    fun `no run of more than four digits of a number is left, however it is written`() {
        val random = Random(7)
        repeat(2_000) {
            val digits = (1..random.nextInt(5, 15)).map { random.nextInt(10) }.joinToString("")
            val written = digits.toList().joinToString("") {
                "$it${if (random.nextInt(4) == 0) " -()."[random.nextInt(5)] else ""}"
            }
            val said = Mask.text("тел. $written!")
            for (start in 0..digits.length - 5) {
                assertFalse(
                    digits.substring(start, start + 5) in said,
                    "$written → $said",
                )
            }
        }
    }

    @Test
    fun `the ring keeps the newest lines within its size`() {
        val ring = RingLog(maxBytes = 200)
        repeat(50) { ring.add("строка $it +7 922 000-12-46") }
        assertTrue(ring.bundle().toByteArray().size <= 200)
        assertTrue(ring.bundle().endsWith("строка 49 +7…46"))
        ring.add("x".repeat(10_000))
        assertTrue(ring.bundle().length <= 2_000)
        ring.clear()
        assertEquals("", ring.bundle())
    }
}
