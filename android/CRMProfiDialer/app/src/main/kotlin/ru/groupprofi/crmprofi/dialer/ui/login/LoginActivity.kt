package ru.groupprofi.crmprofi.dialer.ui.login

import android.app.AlertDialog
import android.content.Intent
import android.os.Bundle
import android.text.Editable
import android.text.TextWatcher
import android.view.inputmethod.EditorInfo
import android.widget.Button
import android.widget.EditText
import android.widget.ProgressBar
import android.widget.TextView
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.MainActivity
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.net.AddressAnswer
import ru.groupprofi.crmprofi.dialer.net.LoginLink
import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.ui.Phrase
import ru.groupprofi.crmprofi.dialer.ui.ScreenActivity
import ru.groupprofi.crmprofi.dialer.ui.StatusWords
import ru.groupprofi.crmprofi.dialer.ui.onboarding.Checks
import ru.groupprofi.crmprofi.dialer.ui.onboarding.OnboardingActivity
import ru.groupprofi.crmprofi.dialer.ui.shownIf
import ru.groupprofi.crmprofi.dialer.ui.support.SupportHealthActivity
import ru.groupprofi.crmprofi.dialer.ui.tell
import ru.groupprofi.crmprofi.dialer.ui.view

/** By name and password, by a code, or by the link that the QR of the site holds. */
class LoginActivity : ScreenActivity() {
    private lateinit var attempt: LoginAttempt
    private var dialog: AlertDialog? = null
    private val server get() = view<EditText>(R.id.login_server)
    private val name get() = view<EditText>(R.id.login_name)
    private val password get() = view<EditText>(R.id.login_password)
    private val code get() = view<EditText>(R.id.login_code)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_login)
        attempt = lastNonConfigurationInstance as? LoginAttempt ?: LoginAttempt(port)
        password.setText(attempt.password)
        code.setText(attempt.code)
        password.whenTyped { attempt.password = it }
        code.whenTyped { attempt.code = it }
        view<Button>(R.id.login_enter).setOnClickListener { byPassword() }
        view<Button>(R.id.login_enter_code).setOnClickListener { byCode() }
        password.setOnEditorActionListener { _, action, _ ->
            (action == EditorInfo.IME_ACTION_DONE).also { if (it) byPassword() }
        }
        to(R.id.login_onboarding, OnboardingActivity::class.java)
        to(R.id.login_support, SupportHealthActivity::class.java)
        attempt.listener = ::show
        show()
        if (savedInstanceState == null) {
            scope.launch { if (server.text.isBlank()) server.setText(lastServer()) }
            opened(intent)
        }
        attempt.asked?.let(::ask)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        opened(intent)
    }

    /** The platform keeps it while the screen turns. */
    override fun onRetainNonConfigurationInstance(): Any = attempt

    override fun onDestroy() {
        attempt.listener = null
        dialog?.dismiss()
        super.onDestroy()
    }

    override fun changed(status: DialerStatus) {
        val words = StatusWords.of(status).details.joinToString("\n\n") { it.read(resources) }
        view<TextView>(R.id.login_status).tell(words)
    }

    private fun show() {
        if (attempt.isIn) return goOn()
        view<TextView>(R.id.login_error).tell(attempt.said?.read(resources).orEmpty())
        view<ProgressBar>(R.id.login_progress).shownIf(attempt.isBusy)
        val fields = listOf(server, name, password, code)
        (fields + view<Button>(R.id.login_enter) + view<Button>(R.id.login_enter_code))
            .forEach { it.isEnabled = !attempt.isBusy }
    }

    private fun goOn() {
        if (isFinishing) return
        val main = Intent(this, MainActivity::class.java)
            .addFlags(Intent.FLAG_ACTIVITY_CLEAR_TOP or Intent.FLAG_ACTIVITY_SINGLE_TOP)
        startActivity(main)
        if (Checks.missing(this) > 0) startActivity(Intent(this, OnboardingActivity::class.java))
        finish()
    }

    private fun byPassword() {
        val address = addressOf(server.text.toString()) ?: return
        val who = name.text.toString().trim()
        when {
            who.isEmpty() -> attempt.tell(Phrase(R.string.login_fault_name))
            attempt.password.isEmpty() -> attempt.tell(Phrase(R.string.login_fault_password))
            else -> attempt.byPassword(address, who)
        }
    }

    private fun byCode() {
        val typed = code.text.toString()
        if (typed.isBlank()) return attempt.tell(Phrase(R.string.login_fault_code_empty))
        val link = LoginLink.read(typed) ?: return attempt.tell(Phrase(R.string.login_fault_code))
        val address = addressOf(link.server.ifEmpty { server.text.toString() }) ?: return
        // an address that the person has typed or seen above needs no question
        if (link.server.isEmpty()) attempt.byCode(address, link.token) else ask(LoginAttempt.Link(address, link.token))
    }

    /** A link from outside: it may be anybody's, so nothing is sent before the person has said yes. */
    private fun opened(intent: Intent) {
        val link = intent.data?.toString() ?: return
        if (intent.flags and Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY != 0 || attempt.isBusy) return
        val read = LoginLink.read(link) ?: return attempt.tell(Phrase(R.string.login_fault_code))
        scope.launch {
            val address = addressOf(read.server.ifEmpty { lastServer() }) ?: return@launch
            ask(LoginAttempt.Link(address, read.token))
        }
    }

    private fun ask(link: LoginAttempt.Link) {
        val host = hostOf(link.server)
        if (host.length > LONGEST_HOST) {
            attempt.asked = null
            return attempt.tell(Phrase(R.string.login_fault_long, listOf(host.take(LONGEST_HOST))))
        }
        attempt.asked = link
        dialog?.dismiss()
        dialog = AlertDialog.Builder(this)
            .setTitle(R.string.login_ask)
            .setMessage(questionOf(host))
            .setPositiveButton(R.string.login_enter) { _, _ ->
                attempt.asked = null
                server.setText(link.server.toString())
                attempt.byCode(link.server, link.token)
            }
            .setNegativeButton(R.string.cancel) { _, _ -> attempt.asked = null }
            .setOnCancelListener { attempt.asked = null }
            .show()
    }

    /** The whole host in the message: a title is cut where it is long, and with it what gives a stranger away. */
    private fun questionOf(host: String): String {
        val status = port.status
        val before = ServerAddress.stored(status.server)?.let(::hostOf)
        return listOfNotNull(
            getString(R.string.login_ask_host, host),
            before?.takeIf { it != host }?.let { getString(R.string.login_ask_other, it) },
            status.username.takeIf { it.isNotEmpty() }?.let { getString(R.string.login_ask_person, it) },
        ).joinToString("\n\n")
    }

    private fun hostOf(address: ServerAddress): String {
        val url = address.base
        val usual = if (url.isHttps) HTTPS else HTTP
        return if (url.port == usual) url.host else "${url.host}:${url.port}"
    }

    private fun addressOf(typed: String): ServerAddress? =
        when (val answer = ServerAddress.read(typed, port.clearTextHosts)) {
            is AddressAnswer.Good -> answer.address
            is AddressAnswer.Bad -> {
                attempt.tell(LoginWords.of(answer.fault))
                null
            }
        }

    private suspend fun lastServer() = port.setting(LoginAttempt.SERVER).orEmpty().ifEmpty { port.serverDefault }

    private fun to(button: Int, screen: Class<*>) =
        view<Button>(button).setOnClickListener { startActivity(Intent(this, screen)) }

    private fun EditText.whenTyped(act: (String) -> Unit) = addTextChangedListener(object : TextWatcher {
        override fun beforeTextChanged(s: CharSequence?, start: Int, count: Int, after: Int) = Unit

        override fun onTextChanged(s: CharSequence?, start: Int, before: Int, count: Int) = Unit

        override fun afterTextChanged(s: Editable?) = act(s?.toString().orEmpty())
    })

    private companion object {
        const val LONGEST_HOST = 64
        const val HTTP = 80
        const val HTTPS = 443
    }
}
