package ru.groupprofi.crmprofi.dialer

import android.app.AlertDialog
import android.content.Intent
import android.content.res.ColorStateList
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.CompoundButton
import android.widget.ImageView
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.Switch
import android.widget.TextView
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.commands.DialPolicy
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told
import ru.groupprofi.crmprofi.dialer.store.Settings
import ru.groupprofi.crmprofi.dialer.ui.CallsHistoryActivity
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import ru.groupprofi.crmprofi.dialer.ui.ScreenActivity
import ru.groupprofi.crmprofi.dialer.ui.StatusWords
import ru.groupprofi.crmprofi.dialer.ui.login.LoginActivity
import ru.groupprofi.crmprofi.dialer.ui.onboarding.Checks
import ru.groupprofi.crmprofi.dialer.ui.onboarding.OnboardingActivity
import ru.groupprofi.crmprofi.dialer.ui.shownIf
import ru.groupprofi.crmprofi.dialer.ui.support.SupportHealthActivity
import ru.groupprofi.crmprofi.dialer.ui.tell
import ru.groupprofi.crmprofi.dialer.ui.view

/** The state in plain words, the shift, and the way to everything else. */
class MainActivity : ScreenActivity() {
    private var status = DialerStatus()
    private var missing = 0

    /** The dialer has read its log-in: before that «nobody is logged in» means nothing. */
    private var isReady = false
    private var dialog: AlertDialog? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_main)
        to(R.id.main_history, CallsHistoryActivity::class.java)
        to(R.id.main_onboarding, OnboardingActivity::class.java)
        to(R.id.main_support, SupportHealthActivity::class.java)
        view<Button>(R.id.main_connect).setOnClickListener {
            port.startService()
            port.connect()
        }
        view<Button>(R.id.main_leave_safe).setOnClickListener {
            port.leaveSafeMode()
            port.startService()
        }
        view<Button>(R.id.main_log_out).setOnClickListener { askLogOut() }
        view<TextView>(R.id.main_version).text = getString(R.string.main_version, port.facts.appVersion)
    }

    override fun onStart() {
        super.onStart()
        scope.launch {
            loadChoices()
            isReady = true
            if (leaveForLogin()) return@launch
            if (!port.isSafeMode) port.startService()
        }
    }

    override fun onResume() {
        super.onResume()
        missing = Checks.missing(this)
        show()
    }

    override fun onDestroy() {
        dialog?.dismiss()
        super.onDestroy()
    }

    override fun changed(status: DialerStatus) {
        this.status = status
        if (!isReady || !leaveForLogin()) show()
    }

    private fun leaveForLogin(): Boolean {
        if (status.told != Told.LOG_IN || isFinishing) return isFinishing
        startActivity(Intent(this, LoginActivity::class.java))
        finish()
        return true
    }

    private fun show() {
        val words = StatusWords.of(status, missing)
        view<ImageView>(R.id.main_dot).imageTintList = ColorStateList.valueOf(getColor(words.tone.color))
        view<TextView>(R.id.main_tone).setText(words.tone.word)
        view<TextView>(R.id.main_line).tell(words.line.read(resources))
        view<TextView>(R.id.main_details).tell(words.details.joinToString("\n\n") { it.read(resources) })
        view<TextView>(R.id.main_person).tell(person())
        view<Button>(R.id.main_connect).shownIf(status.told in RECONNECTS)
        val isSafe = status.told == Told.SAFE_MODE || port.isSafeMode
        view<Button>(R.id.main_leave_safe).shownIf(isSafe)
        val shift = view<Switch>(R.id.main_shift)
        shift.shownIf(!isSafe)
        shift.silently(status.isShiftOn) { port.shift(it) }
        val onboarding = view<Button>(R.id.main_onboarding)
        val isFine = missing == 0
        onboarding.text = getString(if (isFine) R.string.main_check else R.string.main_check_count, missing)
        onboarding.contentDescription =
            if (isFine) null else Phrase.counted(R.plurals.main_check_spoken, missing).read(resources)
        view<Button>(R.id.main_log_out).shownIf(status.username.isNotEmpty())
    }

    private fun person(): String =
        if (status.username.isEmpty()) "" else getString(R.string.main_person, status.username, status.server)

    private suspend fun loadChoices() {
        val policy = port.setting(Settings.POLICY)
        val sim = port.setting(Settings.SIM).orEmpty()
        val isShared = port.setting(Settings.SHARE_ALL) == "1"
        val group = view<RadioGroup>(R.id.main_policy)
        group.setOnCheckedChangeListener(null)
        group.check(if (policy == DialPolicy.ASK.name) R.id.main_policy_ask else R.id.main_policy_at_once)
        group.setOnCheckedChangeListener { _, id ->
            port.dialPolicy(if (id == R.id.main_policy_ask) DialPolicy.ASK else DialPolicy.AT_ONCE)
        }
        showSims(sim)
        view<Switch>(R.id.main_share).silently(isShared) { port.setting(Settings.SHARE_ALL, if (it) "1" else "0") }
    }

    /** One SIM leaves nothing to choose. */
    private fun showSims(chosen: String) {
        val sims = port.sims()
        view<View>(R.id.main_sims).shownIf(sims.size > 1)
        val group = view<RadioGroup>(R.id.main_sim)
        group.setOnCheckedChangeListener(null)
        group.removeAllViews()
        addChoice(group, getString(R.string.main_sim_system), null, sims.none { it.id == chosen })
        for (sim in sims) addChoice(group, sim.label, sim.id, sim.id == chosen)
    }

    private fun addChoice(group: RadioGroup, words: String, id: String?, isChosen: Boolean) {
        val button = layoutInflater.inflate(R.layout.row_choice, group, false) as RadioButton
        button.id = group.childCount + 1
        button.text = words
        group.addView(button)
        if (isChosen) group.check(button.id)
        button.setOnClickListener { port.setting(Settings.SIM, id) }
    }

    private fun askLogOut() {
        val left = status.waiting + status.dead
        val words = if (left == 0) {
            getString(R.string.main_log_out_all_sent)
        } else {
            Phrase.counted(R.plurals.main_log_out_waiting, left).read(resources)
        }
        dialog = AlertDialog.Builder(this)
            .setTitle(R.string.main_log_out_ask)
            .setMessage(words)
            .setPositiveButton(R.string.log_out) { _, _ -> port.logOut() }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private fun to(button: Int, screen: Class<*>) =
        view<Button>(button).setOnClickListener { startActivity(Intent(this, screen)) }

    /** Shows [isOn]; only what the person does comes back by [act]. */
    private fun CompoundButton.silently(isOn: Boolean, act: (Boolean) -> Unit) {
        setOnCheckedChangeListener(null)
        isChecked = isOn
        setOnCheckedChangeListener { _, now -> act(now) }
    }

    private companion object {
        val RECONNECTS = setOf(Told.REPLACED, Told.CONNECTING, Told.POLLING)
    }
}
