package ru.groupprofi.crmprofi.dialer.ui.onboarding

import android.annotation.SuppressLint
import android.app.AlertDialog
import android.content.ComponentName
import android.content.Intent
import android.content.pm.PackageManager
import android.content.res.ColorStateList
import android.net.Uri
import android.os.Bundle
import android.provider.Settings
import android.view.View
import android.widget.Button
import android.widget.CheckBox
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.compat.UiCompat
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import ru.groupprofi.crmprofi.dialer.ui.ScreenActivity
import ru.groupprofi.crmprofi.dialer.ui.shownIf
import ru.groupprofi.crmprofi.dialer.ui.support.SupportHealthActivity
import ru.groupprofi.crmprofi.dialer.ui.view

/** What the phone has to allow, one card each, with a tick as soon as it does. */
class OnboardingActivity : ScreenActivity() {
    private val cards = LinkedHashMap<CheckKind, View>()
    private var dialog: AlertDialog? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_onboarding)
        header(R.string.onboarding_title)
        val list = view<LinearLayout>(R.id.onboarding_checks)
        for (check in Checks.list(this)) cards[check.kind] = card(list, check.kind)
        view<Button>(R.id.onboarding_test).setOnClickListener {
            startActivity(Intent(this, SupportHealthActivity::class.java))
        }
        view<Button>(R.id.onboarding_ready).setOnClickListener { finish() }
    }

    override fun onResume() {
        super.onResume()
        show()
    }

    override fun onDestroy() {
        dialog?.dismiss()
        super.onDestroy()
    }

    override fun onRequestPermissionsResult(requestCode: Int, permissions: Array<String>, grantResults: IntArray) {
        super.onRequestPermissionsResult(requestCode, permissions, grantResults)
        val kind = CheckKind.entries.getOrNull(requestCode) ?: return
        val isDenied = grantResults.firstOrNull() == PackageManager.PERMISSION_DENIED
        // denied without a question: Android will not ask again
        if (isDenied && !shouldShowRequestPermissionRationale(kind.permission)) explain(kind)
        show()
    }

    private fun card(list: LinearLayout, kind: CheckKind): View {
        val card = layoutInflater.inflate(R.layout.row_check, list, false)
        val vendor = Checks.vendor()
        val title = if (kind == CheckKind.VENDOR) getString(kind.title, vendor?.title) else getString(kind.title)
        card.view<TextView>(R.id.check_title).text = title
        card.view<TextView>(R.id.check_why).setText(if (kind == CheckKind.VENDOR) vendor?.guidance ?: 0 else kind.why)
        val button = card.view<Button>(R.id.check_do)
        button.setText(if (kind.permission.isEmpty()) R.string.open_settings else R.string.check_allow)
        button.contentDescription = "${button.text}: $title"
        button.setOnClickListener { fix(kind) }
        list.addView(card)
        return card
    }

    private fun show() {
        val checks = Checks.list(this)
        for (check in checks) cards[check.kind]?.let { show(it, check) }
        val left = checks.count { !it.isMet }
        view<TextView>(R.id.onboarding_left).text = if (left == 0) {
            getString(R.string.onboarding_all)
        } else {
            Phrase.counted(R.plurals.onboarding_left, left).read(resources)
        }
    }

    private fun show(card: View, check: Check) {
        val icon = card.view<ImageView>(R.id.check_icon)
        icon.setImageResource(if (check.isMet) R.drawable.ic_done else R.drawable.ic_todo)
        icon.imageTintList = ColorStateList.valueOf(getColor(if (check.isMet) R.color.good else R.color.bad))
        icon.contentDescription = getString(if (check.isMet) R.string.check_done else R.string.check_todo)
        val isByHand = check.kind == CheckKind.VENDOR
        card.view<Button>(R.id.check_do).shownIf(!check.isMet || isByHand)
        card.view<TextView>(R.id.check_why).shownIf(!check.isMet || isByHand)
        val box = card.view<CheckBox>(R.id.check_by_hand)
        box.shownIf(isByHand)
        if (!isByHand) return
        box.setOnCheckedChangeListener(null)
        box.isChecked = check.isMet
        box.setOnCheckedChangeListener { _, isDone ->
            Checks.vendorDone(this, isDone)
            show()
        }
    }

    private fun fix(kind: CheckKind) {
        when (kind) {
            CheckKind.NOTIFICATIONS ->
                if (UiCompat.asksForNotifications) ask(kind) else openAny(details())
            CheckKind.CALL, CheckKind.PHONE_STATE, CheckKind.CALL_LOG -> ask(kind)
            CheckKind.FULL_SCREEN ->
                openAny(Intent(Settings.ACTION_MANAGE_APP_USE_FULL_SCREEN_INTENT, self()), details())
            CheckKind.BATTERY -> openAny(battery(), Intent(Settings.ACTION_IGNORE_BATTERY_OPTIMIZATION_SETTINGS))
            CheckKind.VENDOR -> openVendor()
        }
    }

    private fun ask(kind: CheckKind) = requestPermissions(arrayOf(kind.permission), kind.ordinal)

    private fun explain(kind: CheckKind) {
        val words = when (kind) {
            CheckKind.CALL_LOG -> getString(R.string.denied_call_log)
            else -> getString(R.string.denied_text, getString(kind.title))
        }
        dialog = AlertDialog.Builder(this)
            .setTitle(R.string.denied_title)
            .setMessage(words)
            .setPositiveButton(R.string.open_settings) { _, _ -> openAny(details()) }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private fun openVendor() {
        val screens = Checks.vendor()?.screens.orEmpty()
        if (screens.any { open(Intent().setComponent(ComponentName(it.owner, it.name))) }) return
        if (open(details())) say(R.string.vendor_opened_details) else say(R.string.no_settings)
    }

    private fun openAny(vararg ways: Intent) {
        if (ways.none(::open)) say(R.string.no_settings)
    }

    @SuppressLint("BatteryLife")
    private fun battery() = Intent(Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS, self())

    private fun details() = Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, self())

    private fun self(): Uri = Uri.fromParts("package", packageName, null)
}
