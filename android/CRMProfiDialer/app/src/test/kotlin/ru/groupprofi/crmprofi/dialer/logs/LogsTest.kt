package ru.groupprofi.crmprofi.dialer.logs

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.shadows.ShadowLog
import java.io.IOException

@RunWith(RobolectricTestRunner::class)
class LogsTest {
    private val ring = RingLog()

    @Test
    fun `no number in full reaches the system's log or our own`() {
        val log = AppLogger(ring)
        log.info("звонок +7 916 123-45-67")
        log.warn("""токен "access":"eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl"""")
        log.error("отказ", IllegalStateException("tel:89161234567"))
        val system = ShadowLog.getLogsForTag(AppLogger.TAG).joinToString("\n") { it.msg }
        for (text in listOf(system, ring.bundle())) {
            assertFalse(text, Regex("""\d{5,}|123-45|eyJ""").containsMatchIn(text))
            assertTrue(text, "IllegalStateException" in text && "…67" in text)
        }
    }

    @Test
    fun `the system's lines are masked too, and ours are not there twice`() {
        LogCollector(ring) {
            listOf("I/OkHttp: +79161234567", "I/${AppLogger.TAG}: наша строка", "E/Telecom: отказано")
        }.collect()
        val lines = ring.bundle().lines()
        assertEquals(2, lines.size)
        assertFalse(ring.bundle(), "1234567" in ring.bundle() || "наша" in ring.bundle())
    }

    @Test
    fun `a system log that may not be read is said, not thrown`() {
        LogCollector(ring) { throw IOException("denied") }.collect()
        assertTrue(ring.bundle(), "не прочитан" in ring.bundle())
    }
}
