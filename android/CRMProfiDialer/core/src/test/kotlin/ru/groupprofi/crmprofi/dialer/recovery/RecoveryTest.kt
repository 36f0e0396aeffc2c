package ru.groupprofi.crmprofi.dialer.recovery

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import ru.groupprofi.crmprofi.dialer.session.Told
import java.io.File

class RecoveryTest {
    @TempDir
    lateinit var folder: File
    private val well = Liveness(
        shouldRun = true,
        isServiceAlive = true,
        told = Told.ONLINE,
        hasNetwork = true,
        sinceServerMs = 0,
        tries = 0,
    )

    @Test
    fun `the ladder of recovery`() {
        val cases = listOf(
            well to Remedy.NOTHING,
            well.copy(isServiceAlive = false) to Remedy.RESTART,
            well.copy(isServiceAlive = false, tries = 3) to Remedy.ASK_PERSON,
            well.copy(isServiceAlive = false, shouldRun = false) to Remedy.NOTHING,
            well.copy(told = Told.CONNECTING, sinceServerMs = 10 * 60_000) to Remedy.RECONNECT,
            well.copy(told = Told.CONNECTING, sinceServerMs = null) to Remedy.RECONNECT,
            well.copy(told = Told.POLLING, sinceServerMs = 20_000) to Remedy.NOTHING,
            well.copy(told = Told.NO_NETWORK, hasNetwork = false, sinceServerMs = null) to Remedy.NOTHING,
        ) + listOf(Told.LOG_IN, Told.SHIFT_OFF, Told.SAFE_MODE, Told.REPLACED).map {
            well.copy(told = it, isServiceAlive = false) to Remedy.NOTHING
        }
        for ((seen, remedy) in cases) assertEquals(remedy, AutoRecovery.remedy(seen), "$seen")
    }

    @Test
    fun `a crash is kept masked, once`() {
        val log = CrashLog(File(folder, "crash"))
        assertNull(log.take())
        log.write(IllegalStateException("звонок на +7 922 000-12-46"), "2026-11-26T09:00:00Z", "2.0.0")
        val text = log.take()!!
        assertTrue("IllegalStateException" in text && "2.0.0" in text)
        assertFalse("000-12-46" in text)
        assertNull(log.take())
    }

    @Test
    fun `a disk that takes nothing is no second crash`() {
        val log = CrashLog(File(folder, "missing/crash"))
        log.write(IllegalStateException("x"), "", "")
        assertNull(log.take())
        File(folder, "folder").mkdir()
        assertNull(CrashLog(File(folder, "folder")).take())
    }
}
