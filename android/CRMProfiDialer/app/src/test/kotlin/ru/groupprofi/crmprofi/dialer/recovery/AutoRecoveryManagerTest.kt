package ru.groupprofi.crmprofi.dialer.recovery

import android.content.Context
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

@RunWith(RobolectricTestRunner::class)
class AutoRecoveryManagerTest {
    private val hands = FakeHands()
    private val store by lazy { RuntimeEnvironment.getApplication().getSharedPreferences("test", Context.MODE_PRIVATE) }
    private val recovery by lazy { AutoRecoveryManager(store, hands) }

    @Test
    fun `a service that died is started, and the person is asked when the system refuses`() {
        hands.isServiceAlive = false
        assertEquals(Remedy.RESTART, recovery.look())
        hands.mayRestart = false
        recovery.look()
        assertEquals(listOf("restart", "restart", "ask"), hands.done)
    }

    @Test
    fun `after three tries the person is asked, until it has helped`() {
        hands.isServiceAlive = false
        hands.mayRestart = false
        repeat(3) { assertEquals(Remedy.RESTART, recovery.look()) }
        assertEquals(Remedy.ASK_PERSON, recovery.look())
        recovery.helped()
        assertEquals(Remedy.RESTART, recovery.look())
    }

    @Test
    fun `a server that is silent is called again`() {
        hands.sinceServerMs = 10 * 60_000
        assertEquals(Remedy.RECONNECT, recovery.look())
        assertEquals(listOf("reconnect"), hands.done)
        hands.hasNetwork = false
        assertEquals(Remedy.NOTHING, recovery.look())
    }

    @Test
    fun `a process that knows nothing yet is not logged out`() {
        hands.status = DialerStatus()
        hands.isServiceAlive = false
        assertEquals(Remedy.RESTART, recovery.look())
        hands.status = DialerStatus(told = Told.REPLACED, username = "ivanov")
        assertEquals(Remedy.NOTHING, recovery.look())
    }

    private class FakeHands : AutoRecoveryManager.Hands {
        override var status = DialerStatus(told = Told.CONNECTING, username = "ivanov")
        override var isServiceWanted = true
        override var isServiceAlive = true
        override var hasNetwork = true
        override var sinceServerMs: Long? = null
        var mayRestart = true
        val done = ArrayList<String>()

        override fun reconnect() {
            done += "reconnect"
        }

        override fun restart(): Boolean {
            done += "restart"
            return mayRestart
        }

        override fun askPerson() {
            done += "ask"
        }
    }
}
