package ru.groupprofi.crmprofi.dialer.ui

import android.app.AlertDialog
import android.view.View
import android.widget.Button
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.Switch
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowDialog
import ru.groupprofi.crmprofi.dialer.MainActivity
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.platform.SimChoice
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class HomeTest {
    private fun start(): MainActivity = Robolectric.buildActivity(MainActivity::class.java).setup().get().also {
        idle()
    }

    private fun MainActivity.isSeen(id: Int) = view<View>(id).visibility == View.VISIBLE

    @Test
    fun `one line says it, and the dot has a word`() {
        val screen = start()
        val texts = screen.texts()
        assertTrue("$texts", "На связи с CRM" in texts)
        port.status = port.status.copy(told = Told.NO_NETWORK)
        assertTrue(screen.texts().contains("Нужно ваше внимание"))
        assertTrue(texts.any { "ivanov" in it } && texts.any { "2.0.0" in it })
    }

    @Test
    fun `nobody is logged in, so the log-in comes`() {
        port.status = DialerStatus()
        val screen = start()
        assertTrue(screen.isFinishing)
        assertEquals(".ui.login.LoginActivity", shadowOf(screen).nextStartedActivity.component?.shortClassName)
    }

    @Test
    fun `a log-out elsewhere brings the log-in too`() {
        val screen = start()
        port.status = DialerStatus()
        assertTrue(screen.isFinishing)
    }

    @Test
    fun `the shift is switched by the person only`() {
        val screen = start()
        port.status = port.status.copy(isShiftOn = false)
        assertFalse(screen.view<Switch>(R.id.main_shift).isChecked)
        assertFalse(port.did.any { it.startsWith("shift") })
        screen.view<Switch>(R.id.main_shift).performClick()
        assertTrue("shift true" in port.did)
    }

    @Test
    fun `to connect is offered where it helps`() {
        val screen = start()
        assertFalse(screen.isSeen(R.id.main_connect))
        port.status = port.status.copy(told = Told.REPLACED)
        assertTrue(screen.isSeen(R.id.main_connect))
        screen.view<Button>(R.id.main_connect).performClick()
        assertTrue("connect" in port.did)
    }

    @Test
    fun `choices are shown as they are and kept as they are made`() {
        port.settings["policy"] = "ASK"
        port.settings["sim"] = "b"
        port.simChoices = listOf(SimChoice("a", "МТС"), SimChoice("b", "Билайн"))
        val screen = start()
        assertEquals(R.id.main_policy_ask, screen.view<RadioGroup>(R.id.main_policy).checkedRadioButtonId)
        val sims = screen.view<RadioGroup>(R.id.main_sim)
        assertEquals("Билайн", screen.view<RadioButton>(sims.checkedRadioButtonId).text)
        assertFalse(screen.view<Switch>(R.id.main_share).isChecked)
        assertFalse(port.did.any { it.startsWith("setting") || it.startsWith("policy") })
        screen.view<View>(R.id.main_policy_at_once).performClick()
        sims.getChildAt(1).performClick()
        screen.view<View>(R.id.main_share).performClick()
        val made = listOf("policy AT_ONCE", "setting sim=a", "setting share_all=1")
        assertTrue("${port.did}", port.did.containsAll(made))
    }

    @Test
    fun `one SIM is no choice`() {
        port.simChoices = listOf(SimChoice("a", "МТС"))
        assertFalse(start().isSeen(R.id.main_sims))
    }

    @Test
    fun `a log-out says what stays here, and asks`() {
        port.status = port.status.copy(waiting = 4, dead = 1)
        val screen = start()
        screen.view<Button>(R.id.main_log_out).performClick()
        val dialog = ShadowDialog.getLatestDialog() as AlertDialog
        assertTrue(shadowOf(dialog).message.startsWith("5 неотправленных результатов останутся"))
        assertFalse("logOut" in port.did)
        dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        idle()
        assertTrue("logOut" in port.did)
    }

    @Test
    fun `the safe mode says why and can be left`() {
        port.isSafeMode = true
        port.status = port.status.copy(told = Told.SAFE_MODE)
        val screen = start()
        assertTrue("трижды" in screen.view<TextView>(R.id.main_details).text)
        assertFalse(screen.isSeen(R.id.main_shift))
        assertFalse("startService" in port.did)
        screen.view<Button>(R.id.main_leave_safe).performClick()
        assertTrue("leaveSafeMode" in port.did)
    }

    @Test
    fun `unmet checks are counted on the button`() {
        val screen = start()
        val button = screen.view<Button>(R.id.main_onboarding)
        assertTrue("${button.text}", button.text.matches(Regex("Проверить телефон \\(\\d\\)")))
        assertTrue(button.contentDescription.startsWith("Проверить телефон, не выполнен"))
    }
}
