package ru.groupprofi.crmprofi.dialer.ui.support

import android.app.AlertDialog
import android.content.ClipData
import android.content.ClipboardManager
import android.content.Context
import android.os.Bundle
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.phone.PhoneNumberNormalizer
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.store.Settings
import ru.groupprofi.crmprofi.dialer.ui.PhoneWords
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import ru.groupprofi.crmprofi.dialer.ui.RedialWords
import ru.groupprofi.crmprofi.dialer.ui.ScreenActivity
import ru.groupprofi.crmprofi.dialer.ui.onboarding.CheckKind
import ru.groupprofi.crmprofi.dialer.ui.onboarding.Checks
import ru.groupprofi.crmprofi.dialer.ui.shownIf
import ru.groupprofi.crmprofi.dialer.ui.tell
import ru.groupprofi.crmprofi.dialer.ui.view

/** What is well and what is not, a report for the supporter, and a call to try it all. */
class SupportHealthActivity : ScreenActivity() {
    private var facts: List<Fact> = emptyList()
    private var dialog: AlertDialog? = null
    private val number get() = view<EditText>(R.id.support_number)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_support)
        header(R.string.support_title)
        view<Button>(R.id.support_copy).setOnClickListener { copy() }
        view<Button>(R.id.support_send).setOnClickListener { send() }
        view<Button>(R.id.support_again).setOnClickListener {
            port.sendAgain()
            tell(R.string.support_again_said)
        }
        view<Button>(R.id.support_test).setOnClickListener { askCall() }
        if (savedInstanceState == null) {
            scope.launch {
                val own = port.setting(Settings.OWN_NUMBER).orEmpty()
                if (number.text.isEmpty()) number.setText(own)
            }
        }
    }

    override fun onResume() {
        super.onResume()
        show()
    }

    override fun onDestroy() {
        dialog?.dismiss()
        super.onDestroy()
    }

    override fun changed(status: DialerStatus) {
        val again = view<Button>(R.id.support_again)
        again.shownIf(status.dead > 0)
        again.text = Phrase.counted(R.plurals.support_again, status.dead).read(resources)
        show()
    }

    private fun show() {
        val checks = Checks.list(this)
        val permissions = checks.filter { it.kind.permission.isNotEmpty() || it.kind == CheckKind.FULL_SCREEN }
            .map { it.kind.title to it.isMet }
        facts = Facts(port, resources).list(permissions, checks.any { it.kind == CheckKind.BATTERY && it.isMet })
        val list = view<LinearLayout>(R.id.support_facts)
        while (list.childCount > facts.size) list.removeViewAt(list.childCount - 1)
        facts.forEachIndexed { index, fact ->
            val row = list.getChildAt(index)
                ?: layoutInflater.inflate(R.layout.row_fact, list, false).also(list::addView)
            row.view<TextView>(R.id.fact_name).text = fact.name
            row.view<TextView>(R.id.fact_value).text = fact.value
        }
    }

    private fun copy() {
        val clipboard = getSystemService(Context.CLIPBOARD_SERVICE) as ClipboardManager
        clipboard.setPrimaryClip(ClipData.newPlainText(getString(R.string.support_title), Facts.masked(facts)))
        tell(R.string.support_copied)
    }

    private fun send() {
        val button = view<Button>(R.id.support_send)
        button.isEnabled = false
        tell(R.string.support_sending)
        port.sendReport { isSent ->
            runOnUiThread {
                button.isEnabled = true
                tell(if (isSent) R.string.support_sent else R.string.support_not_sent)
            }
        }
    }

    private fun askCall() {
        val typed = PhoneNumberNormalizer.normalize(number.text.toString()).e164
        if (typed.isEmpty()) return tell(R.string.support_test_empty)
        dialog = AlertDialog.Builder(this)
            .setTitle(getString(R.string.support_test_ask, PhoneWords.of(typed)))
            .setPositiveButton(R.string.support_test_do) { _, _ -> call(typed) }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private fun call(typed: String) {
        scope.launch {
            val redial = port.call(typed)
            tell(RedialWords.of(redial))
            if (redial == Redial.UNSAFE) dialByHand(typed)
        }
    }

    private fun tell(words: Int) = view<TextView>(R.id.support_said).tell(getString(words))
}
