package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.net.ConnectivityManager
import android.os.Build

/** The network that everything goes through by default. */
@TargetApi(Build.VERSION_CODES.N)
object Network24 {
    fun watch(manager: ConnectivityManager, callback: ConnectivityManager.NetworkCallback) =
        manager.registerDefaultNetworkCallback(callback)
}
