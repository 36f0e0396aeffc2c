package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import android.app.NotificationManager
import android.content.Context
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import android.telephony.SubscriptionManager
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.runtime.PhoneFacts
import ru.groupprofi.crmprofi.dialer.runtime.Sim

/** What the phone says of itself, read at the moment of the question. */
class SystemFacts(private val context: Context, override val isEncrypted: Boolean) : PhoneFacts {
    override val deviceName: String = listOf(Build.MANUFACTURER, Build.MODEL)
        .filterNot { it.isNullOrBlank() }
        .joinToString(" ")
        .take(MOST_NAME)

    override val appVersion: String =
        context.packageManager.getPackageInfo(context.packageName, 0).versionName.orEmpty()

    override fun battery(): Int? = (context.getSystemService(Context.BATTERY_SERVICE) as BatteryManager)
        .getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY)
        .takeIf { it in 1..100 }

    override fun network(): String {
        val manager = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
        val found = manager.activeNetwork?.let(manager::getNetworkCapabilities) ?: return "none"
        return when {
            !found.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET) -> "none"
            found.hasTransport(NetworkCapabilities.TRANSPORT_WIFI) -> "wifi"
            found.hasTransport(NetworkCapabilities.TRANSPORT_CELLULAR) -> "cellular"
            else -> "other"
        }
    }

    override fun permissions(): Map<String, Boolean> {
        val notifications = context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
        val power = context.getSystemService(Context.POWER_SERVICE) as PowerManager
        return linkedMapOf(
            "call_phone" to context.isGranted(Manifest.permission.CALL_PHONE),
            "read_phone_state" to context.isGranted(Manifest.permission.READ_PHONE_STATE),
            "read_call_log" to context.isGranted(Manifest.permission.READ_CALL_LOG),
            "notifications" to Android.mayNotify(notifications),
            "full_screen" to Android.mayFillScreen(notifications),
            "battery_unrestricted" to power.isIgnoringBatteryOptimizations(context.packageName),
        )
    }

    override fun sims(): List<Sim> = try {
        val manager = context.getSystemService(Context.TELEPHONY_SUBSCRIPTION_SERVICE) as SubscriptionManager
        manager.activeSubscriptionInfoList.orEmpty().map {
            Sim(it.simSlotIndex, it.carrierName?.toString().orEmpty())
        }
    } catch (_: SecurityException) {
        emptyList()
    }

    private companion object {
        const val MOST_NAME = 100
    }
}
