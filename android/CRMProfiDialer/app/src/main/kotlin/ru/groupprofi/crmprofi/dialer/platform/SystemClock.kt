package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.provider.Settings
import ru.groupprofi.crmprofi.dialer.commands.DeskClock

/** The clocks of the phone. A boot is named by its number, before Android 7 by the ten minutes that it began in. */
class SystemClock(context: Context) : DeskClock {
    private val boot: String by lazy {
        val count = Settings.Global.getInt(context.contentResolver, Settings.Global.BOOT_COUNT, UNKNOWN)
        if (count == UNKNOWN) "t${(wall() - elapsed()) / ROUGH_MS}" else "n$count"
    }

    override fun elapsed(): Long = android.os.SystemClock.elapsedRealtime()

    override fun wall(): Long = System.currentTimeMillis()

    override fun boot(): String = boot

    private companion object {
        const val UNKNOWN = -1
        const val ROUGH_MS = 600_000L
    }
}
