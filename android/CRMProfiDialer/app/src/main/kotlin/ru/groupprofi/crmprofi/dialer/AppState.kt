package ru.groupprofi.crmprofi.dialer

import android.app.Activity
import android.app.Application
import android.os.Bundle

/** Whether the person looks at one of our screens. */
object AppState {
    private var screens = 0

    val isForeground: Boolean get() = screens > 0

    /** [came] is called each time a screen comes to the front: a permission may have been given meanwhile. */
    fun follow(app: Application, came: () -> Unit) {
        screens = 0
        app.registerActivityLifecycleCallbacks(Screens(came))
    }

    private class Screens(private val came: () -> Unit) : Application.ActivityLifecycleCallbacks {
        override fun onActivityStarted(activity: Activity) {
            screens += 1
        }

        override fun onActivityStopped(activity: Activity) {
            screens = (screens - 1).coerceAtLeast(0)
        }

        override fun onActivityResumed(activity: Activity) = came()

        override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?) = Unit

        override fun onActivityPaused(activity: Activity) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }
}
