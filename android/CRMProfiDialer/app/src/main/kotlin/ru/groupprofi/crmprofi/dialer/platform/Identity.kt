package ru.groupprofi.crmprofi.dialer.platform

import android.annotation.SuppressLint
import android.content.Context
import android.provider.Settings
import java.io.File
import java.io.IOException
import java.util.UUID

/**
 * Who this phone is. [deviceId] stays the same when the application is installed anew, [instance] does not: it names
 * one installation, and no backup carries it to another phone.
 */
class Identity(private val context: Context) {
    val deviceId: String by lazy { kept("device_id") { fromSystem() ?: random() } }

    val instance: String by lazy { kept("instance") { random() } }

    @SuppressLint("HardwareIds")
    private fun fromSystem(): String? = Settings.Secure.getString(context.contentResolver, Settings.Secure.ANDROID_ID)
        ?.takeIf { plausible.matches(it) && it != SHARED_BY_MANY }

    private fun random() = UUID.randomUUID().toString().replace("-", "")

    private fun kept(name: String, make: () -> String): String {
        val file = PrivateFile(File(context.noBackupFilesDir, name))
        file.read()?.let(::String)?.takeIf(known::matches)?.let { return it }
        return make().also {
            try {
                file.write(it.toByteArray())
            } catch (_: IOException) {
                // a full disk: this process has a name, the next one may get another
            }
        }
    }

    private companion object {
        val plausible = Regex("^[0-9a-f]{8,32}$")
        val known = Regex("^[0-9A-Za-z-]{8,64}$")

        // one and the same on a whole series of old phones
        const val SHARED_BY_MANY = "9774d56d682e549c"
    }
}
