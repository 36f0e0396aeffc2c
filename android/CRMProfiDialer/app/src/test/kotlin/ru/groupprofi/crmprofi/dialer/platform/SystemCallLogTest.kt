package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.fakes.FakeCallLog
import ru.groupprofi.crmprofi.dialer.fakes.grant
import ru.groupprofi.crmprofi.dialer.fakes.revoke

@RunWith(RobolectricTestRunner::class)
class SystemCallLogTest {
    private lateinit var system: FakeCallLog
    private val log by lazy { SystemCallLog(RuntimeEnvironment.getApplication()) }

    @Before
    fun prepare() {
        grant(Manifest.permission.READ_CALL_LOG)
        system = FakeCallLog.install()
    }

    @Test
    fun `an empty log is no refusal`() {
        assertEquals(-1L, log.maxId())
        assertEquals(emptyList<CallLogRow>(), log.after(-1))
    }

    @Test
    fun `rows after a known one, the oldest first`() {
        system.add("+79161234567", 2, 1_000, 61)
        system.add("84951112233", 3, 2_000, 0)
        system.add("+79990001122", 1, 3_000, 5)
        assertEquals(3L, log.maxId())
        assertEquals(
            listOf(CallLogRow(2, "84951112233", 3, 2_000, 0, "1"), CallLogRow(3, "+79990001122", 1, 3_000, 5, "1")),
            log.after(1),
        )
    }

    @Test
    fun `a log of ten thousand rows is read in parts, whether the vendor knows the limit or not`() {
        repeat(10_000) { system.rows += FakeCallLog.Row(it + 1L, "+79161234567", 1, 0, 1) }
        val part = log.after(0).orEmpty()
        assertEquals((1L..500L).toList(), part.map { it.id })
        assertEquals("500", system.asked.last().getQueryParameter("limit"))
    }

    @Test
    fun `a permission that is taken away is null, before and in the middle`() {
        system.isRefused = true
        assertNull(log.maxId())
        assertNull(log.after(0))
        system.isRefused = false
        revoke(Manifest.permission.READ_CALL_LOG)
        assertNull(log.maxId())
    }
}
