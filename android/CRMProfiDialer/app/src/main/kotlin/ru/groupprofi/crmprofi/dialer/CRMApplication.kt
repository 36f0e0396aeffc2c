package ru.groupprofi.crmprofi.dialer

import android.app.Application
import ru.groupprofi.crmprofi.dialer.core.AppContainer

/** The process: one container, begun with it. */
open class CRMApplication : Application() {
    lateinit var container: AppContainer
        private set

    override fun onCreate() {
        super.onCreate()
        container = createContainer()
        AppState.follow(this) { container.look() }
        container.begin()
    }

    /** Tests put a key of their own here. */
    protected open fun createContainer() = AppContainer(this)

    override fun onTerminate() {
        container.close()
        super.onTerminate()
    }
}
