package ru.groupprofi.crmprofi.dialer.fakes

import android.content.Context
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetworkCapabilities
import ru.groupprofi.crmprofi.dialer.CRMApplication
import ru.groupprofi.crmprofi.dialer.core.AppContainer
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.platform.Seal
import javax.crypto.spec.SecretKeySpec

/** The application with a key and a network of its own: this machine has neither key store nor modem. */
class SoftKeyApplication : CRMApplication() {
    override fun onCreate() {
        val manager = getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
        val wifi = ShadowNetworkCapabilities.newInstance()
        shadowOf(wifi).addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
        shadowOf(wifi).addTransportType(NetworkCapabilities.TRANSPORT_WIFI)
        shadowOf(manager).setNetworkCapabilities(manager.activeNetwork, wifi)
        super.onCreate()
    }

    override fun createContainer() = AppContainer(this, seal())

    companion object {
        fun seal() = Seal(AesGcmCodec({ SecretKeySpec(ByteArray(32) { it.toByte() }, "AES") }), isOfKeyStore = false)
    }
}
