package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import android.content.ComponentName
import android.content.Context
import android.telecom.PhoneAccount
import android.telecom.PhoneAccountHandle
import android.telecom.TelecomManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import ru.groupprofi.crmprofi.dialer.fakes.grant
import ru.groupprofi.crmprofi.dialer.fakes.revoke
import ru.groupprofi.crmprofi.dialer.store.Settings

@RunWith(RobolectricTestRunner::class)
class SystemPhoneTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val telecom get() = shadowOf(context.getSystemService(Context.TELECOM_SERVICE) as TelecomManager)
    private val settings = HashMap<String, String>()
    private val phone by lazy { SystemPhone(context) { settings[it] } }

    @Before
    fun prepare() = grant(Manifest.permission.CALL_PHONE, Manifest.permission.READ_PHONE_STATE)

    @Test
    fun `the number goes to the system as it is`() {
        assertTrue(phone.place("+79161234567"))
        val call = telecom.onlyOutgoingCall
        assertEquals("tel", call.address.scheme)
        assertEquals("+79161234567", call.address.schemeSpecificPart)
        assertFalse(call.extras.containsKey(TelecomManager.EXTRA_PHONE_ACCOUNT_HANDLE))
    }

    @Test
    fun `the chosen SIM is called with, and one that is gone is left to the system`() {
        val first = sim("first", "МТС")
        val second = sim("second", "Билайн")
        val choices = Sims.list(context)
        assertEquals(listOf("МТС", "Билайн"), choices.map { it.label })
        settings[Settings.SIM] = choices[1].id
        phone.place("+79161234567")
        assertEquals(second, handle())
        settings[Settings.SIM] = "a/b|gone"
        phone.place("+79161234567")
        assertNull(handle())
        assertEquals(choices[0].id, Sims.list(context).first { it.id.endsWith(first.id) }.id)
    }

    @Test
    fun `without the permission nothing is dialled`() {
        revoke(Manifest.permission.CALL_PHONE)
        assertFalse(phone.mayDial())
        assertFalse(phone.place("+79161234567"))
        assertEquals(0, telecom.allOutgoingCalls.size)
    }

    @Test
    fun `whether a call goes on`() {
        assertFalse(phone.isInCall())
        telecom.setIsInCall(true)
        assertTrue(phone.isInCall())
        revoke(Manifest.permission.READ_PHONE_STATE)
        assertFalse(phone.canObserve)
        assertFalse(phone.isInCall())
    }

    @Suppress("DEPRECATION")
    private fun handle(): PhoneAccountHandle? =
        telecom.lastOutgoingCall.extras.getParcelable(TelecomManager.EXTRA_PHONE_ACCOUNT_HANDLE)

    private fun sim(id: String, label: String): PhoneAccountHandle {
        val handle = PhoneAccountHandle(ComponentName("com.android.phone", "Sim"), id)
        val account = PhoneAccount.builder(handle, label)
            .setCapabilities(PhoneAccount.CAPABILITY_CALL_PROVIDER or PhoneAccount.CAPABILITY_SIM_SUBSCRIPTION)
            .addSupportedUriScheme("tel")
            .build()
        (context.getSystemService(Context.TELECOM_SERVICE) as TelecomManager).registerPhoneAccount(account)
        telecom.enablePhoneAccount(handle, true)
        return handle
    }
}
