package ru.groupprofi.crmprofi.dialer.ui.login

import android.app.AlertDialog
import android.content.Intent
import android.net.Uri
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowDialog
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.net.Login
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.ui.FakeApplication
import ru.groupprofi.crmprofi.dialer.ui.idle
import ru.groupprofi.crmprofi.dialer.ui.port
import ru.groupprofi.crmprofi.dialer.ui.turned
import ru.groupprofi.crmprofi.dialer.ui.view

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class LoginActivityTest {
    private val login = Login("a", "r", "ivanov", false, "https://crm.example.com")
    private lateinit var controller: ActivityController<LoginActivity>
    private val screen get() = controller.get()
    private val sent get() = port.did.filter { it.startsWith("logIn") }
    private val dialog get() = ShadowDialog.getLatestDialog() as AlertDialog?

    private fun start(link: String? = null): LoginActivity {
        port.status = DialerStatus()
        val intent = Intent().apply { if (link != null) data = Uri.parse(link) }
        controller = Robolectric.buildActivity(LoginActivity::class.java, intent).setup()
        idle()
        return screen
    }

    private fun type(id: Int, words: String) = screen.view<EditText>(id).setText(words)

    private fun press(id: Int) {
        screen.view<Button>(id).performClick()
        idle()
    }

    private fun fill() {
        type(R.id.login_server, "crm.example.com")
        type(R.id.login_name, " ivanov ")
        type(R.id.login_password, "secret 1")
    }

    private fun error() = screen.view<TextView>(R.id.login_error).text.toString()

    private fun answer(result: ApiResult<Login>) {
        port.answer.complete(result)
        idle()
    }

    @Test
    fun `the address is the one of last time, else that of the application`() {
        assertEquals("https://crm.example.com", start().view<EditText>(R.id.login_server).text.toString())
        port.settings["server"] = "https://other.example.com"
        assertEquals("https://other.example.com", start().view<EditText>(R.id.login_server).text.toString())
    }

    @Test
    fun `a log-in is asked for once and leads on`() {
        start()
        fill()
        press(R.id.login_enter)
        assertFalse(screen.view<Button>(R.id.login_enter).isEnabled)
        press(R.id.login_enter)
        press(R.id.login_enter_code)
        assertEquals(listOf("logIn https://crm.example.com ivanov secret 1"), sent)
        answer(ApiResult.Success(login))
        assertTrue(screen.isFinishing)
        assertTrue("setting server=https://crm.example.com" in port.did)
        assertTrue("startService" in port.did)
        val next = generateSequence {
            shadowOf(screen).nextStartedActivity
        }.map { it.component?.shortClassName }.toList()
        assertTrue("$next", next.any { it?.endsWith("MainActivity") == true })
    }

    @Test
    fun `a refusal is told and leaves everything as it was typed`() {
        start()
        fill()
        press(R.id.login_enter)
        answer(ApiResult.Error(401))
        assertEquals(screen.getString(R.string.login_error_password), error())
        assertEquals("secret 1", screen.view<EditText>(R.id.login_password).text.toString())
        assertTrue(screen.view<Button>(R.id.login_enter).isEnabled)
    }

    @Test
    fun `what is missing is told and nothing is sent`() {
        start()
        class Typed(val server: String, val name: String, val password: String, val words: Int)
        for (typed in listOf(
            Typed("", "i", "p", R.string.login_fault_empty),
            Typed("две беды", "i", "p", R.string.login_fault_address),
            Typed("http://crm.example.com", "i", "p", R.string.login_fault_clear),
            Typed("crm.example.com", " ", "p", R.string.login_fault_name),
            Typed("crm.example.com", "i", "", R.string.login_fault_password),
        )) {
            type(R.id.login_server, typed.server)
            type(R.id.login_name, typed.name)
            type(R.id.login_password, typed.password)
            press(R.id.login_enter)
            assertEquals(screen.getString(typed.words), error())
        }
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a turned screen keeps what was typed, and the answer finds it`() {
        start()
        fill()
        press(R.id.login_enter)
        val turned = controller.turned()
        assertEquals("secret 1", turned.view<EditText>(R.id.login_password).text.toString())
        assertEquals(" ivanov ", turned.view<EditText>(R.id.login_name).text.toString())
        assertFalse(turned.view<Button>(R.id.login_enter).isEnabled)
        assertEquals(1, sent.size)
        answer(ApiResult.Error(0, "no_answer"))
        assertEquals(turned.getString(R.string.login_error_no_answer), error())
    }

    @Test
    fun `the password is in no saved state`() {
        start()
        fill()
        val state = android.os.Bundle()
        controller.saveInstanceState(state)
        val parcel = android.os.Parcel.obtain()
        parcel.writeBundle(state)
        val bytes = String(parcel.marshall(), Charsets.UTF_16LE) + String(parcel.marshall(), Charsets.UTF_8)
        parcel.recycle()
        assertFalse("secret 1" in bytes)
    }

    @Test
    fun `a bare code goes to the address above`() {
        start()
        type(R.id.login_code, " AbC123456 ")
        press(R.id.login_enter_code)
        assertEquals(listOf("logInByCode https://crm.example.com AbC123456"), sent)
        answer(ApiResult.Error(400, "bad_qr"))
        assertEquals(screen.getString(R.string.login_error_code), error())
    }

    @Test
    fun `no code and a wrong code are told`() {
        start()
        press(R.id.login_enter_code)
        assertEquals(screen.getString(R.string.login_fault_code_empty), error())
        type(R.id.login_code, "https://crm.example.com/?token=x")
        press(R.id.login_enter_code)
        assertEquals(screen.getString(R.string.login_fault_code), error())
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a link asks before anything is sent`() {
        start(LINK)
        assertTrue("evil.example.org:8443" in shadowOf(dialog).message.lines())
        assertEquals(emptyList<String>(), sent)
        dialog?.getButton(AlertDialog.BUTTON_NEGATIVE)?.performClick()
        idle()
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a link that was agreed to logs in there`() {
        start(LINK)
        dialog?.getButton(AlertDialog.BUTTON_POSITIVE)?.performClick()
        idle()
        assertEquals(listOf("logInByCode https://evil.example.org:8443 tok_123456"), sent)
        answer(ApiResult.Success(login))
        assertTrue("setting server=https://evil.example.org:8443" in port.did)
    }

    @Test
    fun `a link asks too when the screen is open already, and names who is in`() {
        start()
        port.status = DialerStatus(username = "petrov")
        controller.newIntent(Intent().setData(Uri.parse(LINK)))
        idle()
        assertTrue("petrov" in shadowOf(dialog).message)
        assertFalse("Это другой адрес" in shadowOf(dialog).message)
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a link to another CRM than the present one says so`() {
        start()
        port.status = DialerStatus(username = "petrov", server = "https://crm.example.com")
        controller.newIntent(Intent().setData(Uri.parse(LINK)))
        idle()
        assertTrue("раньше телефон работал с crm.example.com" in shadowOf(dialog).message)
    }

    @Test
    fun `an address that nobody can read to its end is not asked about`() {
        start("crmprofi://login?server=https%3A%2F%2Fcrm.example.com.${"a".repeat(40)}.example.org&token=tok_123456")
        assertTrue(error().startsWith("Адрес в коде слишком длинный"))
        assertEquals(null to emptyList<String>(), dialog to sent)
    }

    @Test
    fun `a pasted link of another address asks as well`() {
        start()
        type(R.id.login_code, LINK)
        press(R.id.login_enter_code)
        assertTrue("evil.example.org:8443" in shadowOf(dialog).message.lines())
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a turned screen asks again and sends nothing`() {
        start(LINK)
        val first = dialog
        controller.turned()
        assertTrue(dialog !== first && dialog?.isShowing == true)
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `a link in clear text and one that is none are refused`() {
        start("crmprofi://login?server=http%3A%2F%2Fcrm.example.com&token=tok_123456")
        assertEquals(screen.getString(R.string.login_fault_clear), error())
        start("crmprofi://login?server=crm.example.com")
        assertEquals(screen.getString(R.string.login_fault_code), error())
        assertNull(dialog)
        assertEquals(emptyList<String>(), sent)
    }

    @Test
    fun `results of another person are told before the log-in`() {
        start()
        port.status = DialerStatus(othersWaiting = 12, othersName = "ivanov", wasDamaged = true)
        val words = screen.view<TextView>(R.id.login_status).text
        assertTrue("$words", "12 результатов ждут, когда войдёт ivanov" in words && "повреждён" in words)
    }

    private companion object {
        const val LINK = "crmprofi://login?server=https%3A%2F%2Fevil.example.org%3A8443&token=tok_123456"
    }
}
