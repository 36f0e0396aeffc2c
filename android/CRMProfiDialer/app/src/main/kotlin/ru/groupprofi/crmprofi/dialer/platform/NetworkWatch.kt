package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.compat.Network24

/** Tells when there is a network, another one, or none. */
class NetworkWatch(context: Context, private val changed: (Boolean) -> Unit) {
    private val manager = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
    private var present: Network? = null
    private var isOn = false

    private val callback = object : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) {
            // the first answer is the network that is known already: it must not cut a good connection
            if (network == present) return
            present = network
            changed(true)
        }

        override fun onLost(network: Network) {
            if (Android.hasDefaultNetwork && network != present) return
            // before Android 7 every network is told of, not only the one in use
            val left = if (Android.hasDefaultNetwork) null else manager.activeNetwork?.takeIf { it != network }
            if (left == present) return
            present = left
            changed(left != null)
        }
    }

    fun begin() {
        if (isOn) return
        isOn = true
        present = manager.activeNetwork
        if (Android.hasDefaultNetwork) {
            Network24.watch(manager, callback)
        } else {
            val request = NetworkRequest.Builder().addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET).build()
            manager.registerNetworkCallback(request, callback)
        }
    }

    fun end() {
        if (!isOn) return
        isOn = false
        manager.unregisterNetworkCallback(callback)
    }
}
