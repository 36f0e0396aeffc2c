package ru.groupprofi.crmprofi.dialer.ui.onboarding

import android.Manifest
import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.os.PowerManager
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.compat.UiCompat

/** One thing that the phone has to allow. [permission] is empty where it is no permission of the usual kind. */
enum class CheckKind(val title: Int, val why: Int, val permission: String = "") {
    NOTIFICATIONS(
        R.string.check_notifications,
        R.string.check_notifications_why,
        "android.permission.POST_NOTIFICATIONS",
    ),
    CALL(R.string.check_call, R.string.check_call_why, Manifest.permission.CALL_PHONE),
    PHONE_STATE(R.string.check_phone_state, R.string.check_phone_state_why, Manifest.permission.READ_PHONE_STATE),
    CALL_LOG(R.string.check_call_log, R.string.check_call_log_why, Manifest.permission.READ_CALL_LOG),
    FULL_SCREEN(R.string.check_full_screen, R.string.check_full_screen_why),
    BATTERY(R.string.check_battery, R.string.check_battery_why),

    /** The system does not tell: the person says so. */
    VENDOR(R.string.check_vendor, 0),
}

data class Check(val kind: CheckKind, val isMet: Boolean)

object Checks {
    private const val FILE = "onboarding"
    private const val VENDOR_DONE = "vendor_done"

    /** Read anew each time: anything may be taken away in the settings. */
    fun list(context: Context): List<Check> = kinds().map { Check(it, isMet(context, it)) }

    fun missing(context: Context): Int = list(context).count { !it.isMet }

    fun vendor(): Vendor? = Vendor.of(Build.MANUFACTURER.orEmpty(), Build.BRAND.orEmpty())

    fun vendorDone(context: Context, isDone: Boolean) = kept(context).edit().putBoolean(VENDOR_DONE, isDone).apply()

    private fun kinds() = CheckKind.entries.filter {
        when (it) {
            CheckKind.FULL_SCREEN -> UiCompat.asksForFullScreen
            CheckKind.VENDOR -> vendor() != null
            else -> true
        }
    }

    private fun isMet(context: Context, kind: CheckKind): Boolean = when (kind) {
        CheckKind.NOTIFICATIONS -> UiCompat.mayNotify(context)
        CheckKind.FULL_SCREEN -> UiCompat.mayFillScreen(context)
        CheckKind.BATTERY -> isUnbound(context)
        CheckKind.VENDOR -> kept(context).getBoolean(VENDOR_DONE, false)
        else -> context.checkSelfPermission(kind.permission) == PackageManager.PERMISSION_GRANTED
    }

    private fun isUnbound(context: Context) = (context.getSystemService(Context.POWER_SERVICE) as PowerManager)
        .isIgnoringBatteryOptimizations(context.packageName)

    private fun kept(context: Context) = context.getSharedPreferences(FILE, Context.MODE_PRIVATE)
}
