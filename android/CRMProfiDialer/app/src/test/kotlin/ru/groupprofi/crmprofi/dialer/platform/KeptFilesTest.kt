package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import ru.groupprofi.crmprofi.dialer.fakes.SoftKeyApplication
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.net.TokenManager
import java.io.File

@RunWith(RobolectricTestRunner::class)
class KeptFilesTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val file get() = File(context.noBackupFilesDir, "test")

    @Test
    fun `a file is the old one until the new one is whole`() {
        val kept = PrivateFile(file)
        assertNull(kept.read())
        kept.write("раз".toByteArray())
        File(file.path + ".new").writeText("половина")
        assertEquals("раз", String(checkNotNull(PrivateFile(file).read())))
        kept.delete()
        assertFalse(file.exists())
    }

    @Test
    fun `a log-in that was damaged is gone and said to be`() {
        val codec = SoftKeyApplication.seal().codec
        TokenManager(PrivateFile(file), codec).store(Login("a", "r", "ivanov", false, "https://crm.example.com"))
        assertEquals("ivanov", TokenManager(PrivateFile(file), codec).load()?.username)
        file.writeBytes(file.readBytes().also { it[it.lastIndex] = (it.last() + 1).toByte() })
        val damaged = TokenManager(PrivateFile(file), codec)
        assertNull(damaged.load())
        assertTrue(damaged.wasDamaged)
        assertFalse(file.exists())
    }

    @Test
    fun `a phone keeps its name, an installation too`() {
        val first = Identity(context)
        val again = Identity(context)
        assertEquals(first.deviceId, again.deviceId)
        assertEquals(first.instance, again.instance)
        assertNotEquals(first.deviceId, first.instance)
        assertEquals(32, first.instance.length)
        File(context.noBackupFilesDir, "instance").delete()
        assertNotEquals(first.instance, Identity(context).instance)
    }

    @Test
    fun `the clock names the boot and does not go by the wall`() {
        val clock = SystemClock(context)
        assertEquals(android.os.SystemClock.elapsedRealtime(), clock.elapsed())
        assertEquals(clock.boot(), SystemClock(context).boot())
    }
}
