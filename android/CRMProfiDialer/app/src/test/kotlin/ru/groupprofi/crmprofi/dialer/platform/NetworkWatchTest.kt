package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.net.ConnectivityManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetwork

@RunWith(RobolectricTestRunner::class)
class NetworkWatchTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val manager get() = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
    private val told = ArrayList<Boolean>()

    @Test
    fun `another network and none are told, the known one is not`() {
        val before = shadowOf(manager).networkCallbacks.toSet()
        val watch = NetworkWatch(context) { told += it }
        watch.begin()
        val callback = (shadowOf(manager).networkCallbacks - before).single()
        val first = checkNotNull(manager.activeNetwork)
        callback.onAvailable(first)
        assertEquals(emptyList<Boolean>(), told)
        val second = ShadowNetwork.newInstance(77)
        callback.onAvailable(second)
        callback.onLost(first)
        callback.onLost(second)
        assertEquals(listOf(true, false), told)
        callback.onAvailable(second)
        assertEquals(listOf(true, false, true), told)
        watch.end()
        assertTrue(callback !in shadowOf(manager).networkCallbacks)
    }
}
