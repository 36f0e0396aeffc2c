package ru.groupprofi.crmprofi.dialer.recovery

import android.content.Context
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import java.io.File

@RunWith(RobolectricTestRunner::class)
class CrashTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val outer = Thread.getDefaultUncaughtExceptionHandler()
    private var left = 0

    @After
    fun restore() = Thread.setDefaultUncaughtExceptionHandler(outer)

    @Test
    fun `a crash is written without numbers, and the system's own handler still has its say`() {
        var said: Throwable? = null
        Thread.setDefaultUncaughtExceptionHandler { _, error -> said = error }
        val error = IllegalStateException("номер +79161234567")
        val crashes = store(process())
        crashes.install()
        Thread.getDefaultUncaughtExceptionHandler()!!.uncaughtException(Thread.currentThread(), error)
        assertEquals(error, said)
        val next = store(process())
        val text = checkNotNull(next.take())
        assertTrue(text, "IllegalStateException" in text && "2.0.0" in text)
        assertFalse(text, Regex("\\d{5,}").containsMatchIn(text.substringAfter("\n").substringBefore("\n")))
        assertNull(next.take())
        crashes.uninstall()
    }

    @Test
    fun `three crashes in ten minutes and the next start is a careful one`() {
        repeat(3) { n ->
            val process = process()
            assertFalse(process.isOn)
            store(process, at = 1_000_000L + n * 60_000).uncaughtException(Thread.currentThread(), Error())
        }
        val careful = process()
        assertTrue(careful.isOn)
        careful.leave()
        assertFalse(careful.isOn)
        assertEquals(1, left)
        assertFalse(process().isOn)
    }

    @Test
    fun `crashes far from each other are borne`() {
        repeat(5) { n -> store(process(), at = n * 700_000L).uncaughtException(Thread.currentThread(), Error()) }
        assertFalse(process().isOn)
    }

    @Test
    fun `a newer version gets a new chance`() {
        repeat(3) { store(process(), at = 5).uncaughtException(Thread.currentThread(), Error()) }
        assertTrue(process().isOn)
        assertFalse(process("2.0.1").isOn)
        assertFalse(process("2.0.1").isOn)
    }

    private fun process(version: String = "2.0.0") = SafeModeManager(context, version) { left += 1 }

    private fun store(safeMode: SafeModeManager, at: Long = 1) =
        CrashLogStore(File(context.noBackupFilesDir, "crash"), "2.0.0", safeMode) { at }
}
