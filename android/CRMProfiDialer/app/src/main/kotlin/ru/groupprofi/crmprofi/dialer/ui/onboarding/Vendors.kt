package ru.groupprofi.crmprofi.dialer.ui.onboarding

import ru.groupprofi.crmprofi.dialer.R

/** A screen of the system: package and class. */
data class SystemScreen(val owner: String, val name: String)

/** A maker whose phones stop applications that nobody has let run; [screens] are tried in order. */
enum class Vendor(val title: String, val guidance: Int, val makers: List<String>, val screens: List<SystemScreen>) {
    XIAOMI(
        "Xiaomi",
        R.string.vendor_xiaomi,
        listOf("xiaomi", "redmi", "poco"),
        listOf(
            SystemScreen("com.miui.securitycenter", "com.miui.permcenter.autostart.AutoStartManagementActivity"),
            SystemScreen("com.miui.securitycenter", "com.miui.powercenter.PowerSettings"),
        ),
    ),
    HUAWEI(
        "Huawei",
        R.string.vendor_huawei,
        listOf("huawei"),
        listOf(
            SystemScreen(HUAWEI_MANAGER, "$HUAWEI_MANAGER.startupmgr.ui.StartupNormalAppListActivity"),
            SystemScreen(HUAWEI_MANAGER, "$HUAWEI_MANAGER.appcontrol.activity.StartupAppControlActivity"),
            SystemScreen(HUAWEI_MANAGER, "$HUAWEI_MANAGER.optimize.process.ProtectActivity"),
        ),
    ),
    HONOR(
        "Honor",
        R.string.vendor_honor,
        listOf("honor", "hihonor"),
        listOf(
            SystemScreen(HONOR_MANAGER, "$HONOR_MANAGER.startupmgr.ui.StartupNormalAppListActivity"),
            SystemScreen(HONOR_MANAGER, "$HONOR_MANAGER.appcontrol.activity.StartupAppControlActivity"),
            SystemScreen(HUAWEI_MANAGER, "$HUAWEI_MANAGER.startupmgr.ui.StartupNormalAppListActivity"),
        ),
    ),
    OPPO("OPPO", R.string.vendor_oppo, listOf("oppo"), COLOR_SCREENS),
    VIVO(
        "vivo",
        R.string.vendor_vivo,
        listOf("vivo", "iqoo"),
        listOf(
            SystemScreen("com.vivo.permissionmanager", "com.vivo.permissionmanager.activity.BgStartUpManagerActivity"),
            SystemScreen("com.iqoo.secure", "com.iqoo.secure.ui.phoneoptimize.BgStartUpManager"),
            SystemScreen("com.iqoo.secure", "com.iqoo.secure.ui.phoneoptimize.AddWhiteListActivity"),
        ),
    ),
    SAMSUNG(
        "Samsung",
        R.string.vendor_samsung,
        listOf("samsung"),
        listOf(
            SystemScreen("com.samsung.android.lool", "com.samsung.android.sm.battery.ui.BatteryActivity"),
            SystemScreen("com.samsung.android.lool", "com.samsung.android.sm.ui.battery.BatteryActivity"),
            SystemScreen("com.samsung.android.sm", "com.samsung.android.sm.ui.battery.BatteryActivity"),
        ),
    ),
    ONEPLUS(
        "OnePlus",
        R.string.vendor_oneplus,
        listOf("oneplus"),
        listOf(
            SystemScreen(
                "com.oneplus.security",
                "com.oneplus.security.chainlaunch.view.ChainLaunchAppListActivity",
            ),
        ) + COLOR_SCREENS,
    ),
    REALME("realme", R.string.vendor_realme, listOf("realme"), COLOR_SCREENS),
    ;

    companion object {
        /** By `Build.MANUFACTURER` and `Build.BRAND`; null where nothing special is known. The brand says more. */
        fun of(manufacturer: String, brand: String): Vendor? = find(brand) ?: find(manufacturer)

        private fun find(maker: String) = entries.firstOrNull { maker.trim().lowercase() in it.makers }
    }
}

private const val HUAWEI_MANAGER = "com.huawei.systemmanager"
private const val HONOR_MANAGER = "com.hihonor.systemmanager"

/** OPPO's system, which realme and newer OnePlus have too. */
private val COLOR_SCREENS = listOf(
    SystemScreen("com.coloros.safecenter", "com.coloros.safecenter.permission.startup.StartupAppListActivity"),
    SystemScreen("com.coloros.safecenter", "com.coloros.safecenter.startupapp.StartupAppListActivity"),
    SystemScreen("com.oplus.safecenter", "com.oplus.safecenter.permission.startup.StartupAppListActivity"),
    SystemScreen("com.oppo.safe", "com.oppo.safe.permission.startup.StartupAppListActivity"),
)
