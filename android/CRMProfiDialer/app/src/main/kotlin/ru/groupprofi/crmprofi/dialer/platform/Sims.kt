package ru.groupprofi.crmprofi.dialer.platform

import android.content.ComponentName
import android.content.Context
import android.telecom.PhoneAccountHandle
import android.telecom.TelecomManager

/** A SIM to call with; [id] is kept in the settings, [label] is for people. */
data class SimChoice(val id: String, val label: String)

object Sims {
    /** Empty as well when the phone state may not be read. */
    fun list(context: Context): List<SimChoice> = try {
        val telecom = telecom(context)
        handles(telecom).mapIndexed { index, handle ->
            val label = telecom.getPhoneAccount(handle)?.label?.toString().orEmpty()
            SimChoice(idOf(handle), label.ifBlank { "SIM ${index + 1}" })
        }
    } catch (_: SecurityException) {
        emptyList()
    }

    /** Null when that SIM is not in the phone any more: the system then asks by itself. */
    internal fun handle(context: Context, id: String?): PhoneAccountHandle? = try {
        if (id.isNullOrEmpty()) null else handles(telecom(context)).firstOrNull { idOf(it) == id }
    } catch (_: SecurityException) {
        null
    }

    /** How the call log names that SIM. */
    fun accountOf(id: String?): String = id.orEmpty().substringAfter('|')

    private fun telecom(context: Context) = context.getSystemService(Context.TELECOM_SERVICE) as TelecomManager

    private fun handles(telecom: TelecomManager): List<PhoneAccountHandle> = telecom.callCapablePhoneAccounts.orEmpty()

    private fun idOf(handle: PhoneAccountHandle): String {
        val component: ComponentName = handle.componentName
        return "${component.flattenToShortString()}|${handle.id}"
    }
}
