package ru.groupprofi.crmprofi.dialer.service

import android.app.Service
import android.app.job.JobScheduler
import android.content.Context
import android.content.Intent
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.fakes.SoftKeyApplication
import ru.groupprofi.crmprofi.dialer.fakes.app
import ru.groupprofi.crmprofi.dialer.fakes.eventually
import ru.groupprofi.crmprofi.dialer.fakes.mainIdle
import ru.groupprofi.crmprofi.dialer.notify.Card
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

@RunWith(RobolectricTestRunner::class)
@Config(application = SoftKeyApplication::class)
class ServiceTest {
    private val online = DialerStatus(told = Told.ONLINE, username = "ivanov", server = "https://crm.example.com")
    private val started get() = shadowOf(app).nextStartedService?.component?.className
    private val service = CallListenerService::class.java.name

    @Test
    fun `whoever is logged in and on shift has the service, from the first status on`() {
        settled()
        assertNull(started)
        tell(online)
        assertEquals(service, started)
        assertTrue(app.container.keeper.isWanted)
        tell(DialerStatus(told = Told.LOG_IN, isLocked = true))
        assertTrue("a key store that does not answer has logged nobody out", app.container.keeper.isWanted)
        tell(online.copy(told = Told.SHIFT_OFF))
        assertFalse(app.container.keeper.isWanted)
    }

    @Test
    fun `after boot and after an update the service starts if it was wanted`() {
        settled()
        broadcast(Intent.ACTION_BOOT_COMPLETED)
        assertNull(started)
        wanted()
        broadcast(Intent.ACTION_BOOT_COMPLETED)
        assertEquals(service, started)
        broadcast(Intent.ACTION_MY_PACKAGE_REPLACED)
        assertEquals(service, started)
        val jobs = app.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler
        assertTrue(jobs.allPendingJobs.any { it.id == RecoveryJob.PERIODIC && it.isPersisted })
    }

    @Test
    fun `the service says in plain words how things are`() {
        settled()
        tell(online)
        val made = Robolectric.buildService(CallListenerService::class.java).create()
        val shadow = shadowOf(made.get())
        assertEquals(Card.SERVICE.id, shadow.lastForegroundNotificationId)
        assertEquals("На связи", shadow.lastForegroundNotification.extras.getString("android.title"))
        tell(online.copy(told = Told.NO_NETWORK, waiting = 2))
        val later = shadow.lastForegroundNotification.extras
        assertEquals("Нет сети", later.getString("android.title"))
        assertEquals("Результатов ждёт отправки: 2", later.getCharSequence("android.text").toString())
        assertTrue(app.container.keeper.isRunning)
        made.destroy()
        assertFalse(app.container.keeper.isRunning)
    }

    @Test
    fun `a service that the system brings back without a word goes on`() {
        settled()
        tell(online)
        val made = Robolectric.buildService(CallListenerService::class.java).create().get()
        assertEquals(Service.START_STICKY, made.onStartCommand(null, 0, 1))
        assertFalse(shadowOf(made).isStoppedBySelf)
        tell(online.copy(told = Told.LOG_IN, username = ""))
        assertEquals(Service.START_NOT_STICKY, made.onStartCommand(null, 0, 2))
        assertTrue(shadowOf(made).isStoppedBySelf)
    }

    @Test
    fun `a system that does not let the service to the front is no crash but a job`() {
        settled()
        tell(online)
        val made = Robolectric.buildService(CallListenerService::class.java)
        shadowOf(made.get()).setThrowInStartForeground(IllegalStateException("not allowed"))
        made.create()
        assertEquals(Service.START_NOT_STICKY, made.get().onStartCommand(Intent(), 0, 1))
        val jobs = app.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler
        assertTrue(jobs.allPendingJobs.any { it.id == RecoveryJob.SOON })
    }

    /** The dialer has said its first word: nobody is logged in. */
    private fun settled() {
        var told = 0
        val watching = app.container.watch { told += 1 }
        eventually("first status") { told > 0 && !app.container.keeper.isRunning }
        watching.close()
        repeat(20) {
            Thread.sleep(10)
            mainIdle()
        }
    }

    private fun tell(status: DialerStatus) {
        app.container.status = status
        mainIdle()
    }

    private fun wanted() {
        tell(online)
        while (started != null) Unit
        app.container.keeper.stopped()
    }

    private fun broadcast(action: String) {
        BootReceiver().onReceive(app, Intent(action))
        mainIdle()
    }
}
