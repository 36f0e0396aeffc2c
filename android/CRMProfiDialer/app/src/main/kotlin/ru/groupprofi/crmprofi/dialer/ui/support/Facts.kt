package ru.groupprofi.crmprofi.dialer.ui.support

import android.content.res.Resources
import android.os.Build
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.logs.Mask
import ru.groupprofi.crmprofi.dialer.ui.ScreenPort
import ru.groupprofi.crmprofi.dialer.ui.StatusWords

/** What a supporter asks about, by name and value. */
class Fact(val name: String, val value: String)

class Facts(private val port: ScreenPort, private val resources: Resources) {
    /** [permissions] by name, as the screen of checks calls them. */
    fun list(permissions: List<Pair<Int, Boolean>>, isUnbound: Boolean): List<Fact> {
        val status = port.status
        val facts = port.facts
        return listOf(
            fact(R.string.fact_connection, text(StatusWords.lineOf(status.told))),
            fact(R.string.fact_server, status.server),
            fact(R.string.fact_login, status.username.ifEmpty { text(R.string.fact_login_none) }),
            fact(
                R.string.fact_queue,
                resources.getString(R.string.fact_queue_value, status.waiting, status.dead, status.othersWaiting),
            ),
            fact(R.string.fact_permissions, permissions.joinToString("\n", transform = ::permission)),
            fact(
                R.string.fact_battery,
                text(if (isUnbound) R.string.fact_battery_free else R.string.fact_battery_bound),
            ),
            fact(R.string.fact_charge, facts.battery()?.let { resources.getString(R.string.fact_charge_value, it) }),
            fact(R.string.fact_network, network(facts.network())),
            fact(R.string.fact_sims, sims()),
            fact(R.string.fact_key, text(if (facts.isEncrypted) R.string.fact_key_sealed else R.string.fact_key_plain)),
            fact(R.string.fact_version, facts.appVersion),
            fact(
                R.string.fact_phone,
                resources.getString(R.string.fact_phone_value, facts.deviceName, Build.VERSION.RELEASE),
            ),
            fact(R.string.fact_device, port.deviceId.take(SHOWN)),
            fact(R.string.fact_instance, port.instance.take(SHOWN)),
        )
    }

    private fun permission(one: Pair<Int, Boolean>) = resources.getString(
        R.string.fact_permission_line,
        text(one.first),
        text(if (one.second) R.string.yes else R.string.no),
    )

    private fun sims() = port.facts.sims().joinToString("\n") {
        resources.getString(R.string.fact_sim, it.slot + 1, it.operator)
    }

    private fun network(word: String) = text(
        when (word) {
            "wifi" -> R.string.network_wifi
            "cellular" -> R.string.network_cellular
            "none" -> R.string.network_none
            else -> R.string.network_other
        },
    )

    private fun fact(name: Int, value: String?) = Fact(text(name), value.orEmpty().ifEmpty { text(R.string.fact_none) })

    private fun text(id: Int) = resources.getString(id)

    companion object {
        private const val SHOWN = 8

        /** For the clipboard: numbers and tokens are hidden. */
        fun masked(facts: List<Fact>): String = facts.joinToString("\n") { "${it.name}: ${Mask.text(it.value)}" }
    }
}
