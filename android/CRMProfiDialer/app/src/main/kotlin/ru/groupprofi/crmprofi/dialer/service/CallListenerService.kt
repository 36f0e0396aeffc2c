package ru.groupprofi.crmprofi.dialer.service

import android.app.Service
import android.content.Intent
import android.os.IBinder
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.core.AppContainer
import ru.groupprofi.crmprofi.dialer.core.crm
import ru.groupprofi.crmprofi.dialer.notify.Card
import java.io.Closeable

/** Keeps the process alive and shows in one line how things are. The dialer itself lives in the container. */
class CallListenerService : Service() {
    private val container: AppContainer get() = crm
    private var watching: Closeable? = null
    private var isForeground = false

    override fun onBind(intent: Intent?): IBinder? = null

    override fun onCreate() {
        super.onCreate()
        if (enterForeground()) watching = container.watch { enterForeground() }
    }

    /** [intent] is null when the system brings the service back. */
    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        // asked for once more: the system wants its answer each time
        if (!enterForeground() || !container.keeper.isWanted) {
            stopSelf()
            return START_NOT_STICKY
        }
        container.look()
        return START_STICKY
    }

    /** Swiped away from the list of recent applications; some phones end the process with it. */
    override fun onTaskRemoved(rootIntent: Intent?) {
        RecoveryJob.soon(this)
    }

    override fun onDestroy() {
        watching?.close()
        if (isForeground) Android.leaveForeground(this)
        container.keeper.stopped()
        super.onDestroy()
    }

    private fun enterForeground(): Boolean {
        try {
            Android.enterForeground(this, Card.SERVICE.id, container.serviceCard.make(container.status))
            if (!isForeground) container.serviceStarted()
            isForeground = true
        } catch (error: IllegalStateException) {
            // the system does not let a service come to the front from here
            container.keeper.refused(error)
            return false
        } catch (error: SecurityException) {
            container.keeper.refused(error)
            return false
        }
        return true
    }
}
