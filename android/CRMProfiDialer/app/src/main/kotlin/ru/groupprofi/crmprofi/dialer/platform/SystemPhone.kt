package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import android.content.Context
import android.media.AudioManager
import android.net.Uri
import android.os.Bundle
import android.telecom.TelecomManager
import android.telephony.TelephonyManager
import ru.groupprofi.crmprofi.dialer.commands.PhonePort
import ru.groupprofi.crmprofi.dialer.compat.Android
import ru.groupprofi.crmprofi.dialer.store.Settings

/** The line. [setting] reads one of the dialer's settings. */
class SystemPhone(private val context: Context, private val setting: (String) -> String?) : PhonePort {
    private val telecom = context.getSystemService(Context.TELECOM_SERVICE) as TelecomManager
    private val telephony = context.getSystemService(Context.TELEPHONY_SERVICE) as TelephonyManager
    private val audio = context.getSystemService(Context.AUDIO_SERVICE) as AudioManager

    override val ownNumber: String get() = setting(Settings.OWN_NUMBER).orEmpty()

    override val sim: String get() = Sims.accountOf(setting(Settings.SIM))

    override val canObserve: Boolean get() = context.isGranted(Manifest.permission.READ_PHONE_STATE)

    override fun mayDial(): Boolean = context.isGranted(Manifest.permission.CALL_PHONE)

    /** Without the permission the sound tells it: a call of the telephone, not one of a messenger. */
    override fun isInCall(): Boolean = try {
        if (canObserve) telecom.isInCall else audio.mode == AudioManager.MODE_IN_CALL
    } catch (_: SecurityException) {
        false
    }

    override fun isEmergency(number: String): Boolean = Android.isEmergency(telephony, number)

    /** The system dials by itself and shows its own screen, so this works from the background too. */
    override fun place(number: String): Boolean {
        if (!mayDial()) return false
        val extras = Bundle()
        Sims.handle(context, setting(Settings.SIM))?.let {
            extras.putParcelable(TelecomManager.EXTRA_PHONE_ACCOUNT_HANDLE, it)
        }
        return try {
            telecom.placeCall(Uri.fromParts("tel", number, null), extras)
            true
        } catch (_: SecurityException) {
            false
        }
    }
}
