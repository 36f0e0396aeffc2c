package ru.groupprofi.crmprofi.dialer.platform

import android.app.AlarmManager
import android.content.Context
import android.content.Intent
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowAlarmManager
import ru.groupprofi.crmprofi.dialer.fakes.pass

@RunWith(RobolectricTestRunner::class)
class SystemAlarmsTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val rung = ArrayList<String>()
    private val awake by lazy { Awake(context) }
    private val alarms by lazy { SystemAlarms(context, awake) { rung += it } }
    private val clock get() = shadowOf(context.getSystemService(Context.ALARM_SERVICE) as AlarmManager)

    @Before
    fun live() = ShadowAlarmManager.setAutoSchedule(true)

    @Test
    fun `a short wait is the handler's and keeps the phone awake when it ends`() {
        alarms.wake("poll", 3_000)
        assertEquals(0, clock.scheduledAlarms.size)
        assertTrue("the handler's clock stands still in sleep", awake.isHeld)
        pass(2_999)
        assertEquals(emptyList<String>(), rung)
        pass(1)
        assertEquals(listOf("poll"), rung)
        assertTrue(awake.isHeld)
    }

    @Test
    fun `a longer one is the alarm clock's, by the time that runs on in sleep`() {
        alarms.wake("silence", 40_000)
        assertEquals(AlarmManager.ELAPSED_REALTIME_WAKEUP, clock.scheduledAlarms.single().getType())
        pass(39_000)
        assertEquals(emptyList<String>(), rung)
        pass(1_001)
        assertEquals(listOf("silence"), rung)
        assertEquals(0, clock.scheduledAlarms.size)
    }

    @Test
    fun `a minute and more has a second alarm for doze, and both are one`() {
        alarms.wake("beat", 60_000)
        assertEquals(2, clock.scheduledAlarms.size)
        pass(60_001)
        assertEquals(listOf("beat"), rung)
        assertEquals(0, clock.scheduledAlarms.size)
        pass(120_000)
        assertEquals(listOf("beat"), rung)
    }

    @Test
    fun `the alarm of the same name replaces the one before, and a forgotten one is silent`() {
        alarms.wake("a", 5_000)
        alarms.wake("a", 30_000)
        alarms.wake("b", 20_000)
        alarms.forget("b")
        pass(29_000)
        assertEquals(emptyList<String>(), rung)
        pass(2_000)
        assertEquals(listOf("a"), rung)
    }

    @Test
    @Suppress("DEPRECATION")
    fun `an alarm through doze names itself`() {
        alarms.wake("beat", 60_000)
        val operation = clock.scheduledAlarms.mapNotNull { it.operation }.single()
        val intent: Intent = shadowOf(operation).savedIntent
        assertEquals("beat", intent.data?.schemeSpecificPart)
    }

    @Test
    fun `a moment for a ping does not cut the time for a command`() {
        awake.hold(60_000)
        awake.hold(1_000)
        pass(9_000)
        assertTrue(awake.isHeld)
        pass(2_001)
        assertFalse(awake.isHeld)
    }
}
