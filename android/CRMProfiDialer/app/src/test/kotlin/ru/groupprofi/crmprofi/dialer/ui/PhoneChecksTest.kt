package ru.groupprofi.crmprofi.dialer.ui

import android.Manifest
import android.app.AlertDialog
import android.app.NotificationManager
import android.content.ClipboardManager
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.os.PowerManager
import android.provider.Settings
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowBuild
import org.robolectric.shadows.ShadowDialog
import org.robolectric.shadows.ShadowNotificationManager
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.ui.onboarding.CheckKind
import ru.groupprofi.crmprofi.dialer.ui.onboarding.Checks
import ru.groupprofi.crmprofi.dialer.ui.onboarding.OnboardingActivity
import ru.groupprofi.crmprofi.dialer.ui.support.SupportHealthActivity

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class PhoneChecksTest {
    private val app get() = RuntimeEnvironment.getApplication()
    private val dialog get() = ShadowDialog.getLatestDialog() as AlertDialog

    private fun onboarding() = Robolectric.buildActivity(OnboardingActivity::class.java).setup().also { idle() }

    private fun support() = Robolectric.buildActivity(SupportHealthActivity::class.java).setup().get().also { idle() }

    private fun OnboardingActivity.card(kind: CheckKind): View =
        view<LinearLayout>(R.id.onboarding_checks).getChildAt(Checks.list(this).indexOfFirst { it.kind == kind })

    private fun OnboardingActivity.isTicked(kind: CheckKind) =
        card(kind).view<View>(R.id.check_icon).contentDescription == getString(R.string.check_done)

    @Test
    fun `a tick comes as soon as the person returns`() {
        val controller = onboarding()
        val screen = controller.get()
        assertFalse(screen.isTicked(CheckKind.CALL_LOG))
        val before = Checks.missing(screen)
        shadowOf(app).grantPermissions(Manifest.permission.READ_CALL_LOG)
        controller.pause().resume()
        assertTrue(screen.isTicked(CheckKind.CALL_LOG))
        assertEquals(View.GONE, screen.card(CheckKind.CALL_LOG).view<View>(R.id.check_do).visibility)
        assertEquals(before - 1, Checks.missing(screen))
    }

    @Test
    @Config(shadows = [FullScreenAllowed::class])
    fun `everything allowed is told`() {
        shadowOf(app).grantPermissions(
            *CheckKind.entries.map {
                it.permission
            }.filter { it.isNotEmpty() }.toTypedArray(),
        )
        shadowOf(app.getSystemService(Context.POWER_SERVICE) as PowerManager)
            .setIgnoringBatteryOptimizations(app.packageName, true)
        val screen = onboarding().get()
        val unmet = Checks.list(screen).filter { !it.isMet }.map { it.kind }
        assertTrue("$unmet", unmet.isEmpty())
        assertTrue(screen.texts().contains(screen.getString(R.string.onboarding_all)))
        shadowOf(app).denyPermissions(Manifest.permission.CALL_PHONE)
        assertEquals(1, Checks.missing(screen))
    }

    @Test
    fun `a permission is asked for, and settings are offered when Android asks no more`() {
        val screen = onboarding().get()
        screen.card(CheckKind.CALL_LOG).view<Button>(R.id.check_do).performClick()
        val asked = shadowOf(screen).lastRequestedPermission
        assertEquals(listOf(Manifest.permission.READ_CALL_LOG), asked.requestedPermissions.toList())
        screen.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(-1))
        idle()
        assertTrue("ограниченные настройки" in shadowOf(dialog).message)
        dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        idle()
        val started = generateSequence { shadowOf(screen).nextStartedActivity }.map { it.action }.toList()
        assertTrue("$started", Settings.ACTION_APPLICATION_DETAILS_SETTINGS in started)
    }

    @Test
    fun `a denial that may be asked again needs no settings`() {
        val screen = onboarding().get()
        shadowOf(app.packageManager).setShouldShowRequestPermissionRationale(Manifest.permission.CALL_PHONE, true)
        screen.onRequestPermissionsResult(
            CheckKind.CALL.ordinal,
            arrayOf(Manifest.permission.CALL_PHONE),
            intArrayOf(-1),
        )
        assertEquals(null, ShadowDialog.getLatestDialog())
    }

    @Test
    fun `the exemption of the battery and the full screen are asked of the system`() {
        val screen = onboarding().get()
        screen.card(CheckKind.BATTERY).view<Button>(R.id.check_do).performClick()
        val next = shadowOf(screen).nextStartedActivity
        assertEquals(Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS, next.action)
        assertEquals("package:${app.packageName}", next.dataString)
    }

    @Test
    @Config(sdk = [35])
    fun `a maker's screen is opened, else the application's settings, and the tick is the person's`() {
        ShadowBuild.setManufacturer("Xiaomi")
        ShadowBuild.setBrand("Redmi")
        val screen = onboarding().get()
        val card = screen.card(CheckKind.VENDOR)
        assertFalse(screen.isTicked(CheckKind.VENDOR))
        shadowOf(app).checkActivities(true)
        val second = ComponentName("com.miui.securitycenter", "com.miui.powercenter.PowerSettings")
        shadowOf(app.packageManager).addActivityIfNotPresent(second)
        card.view<Button>(R.id.check_do).performClick()
        assertEquals(second, generateSequence { shadowOf(screen).nextStartedActivity }.last().component)
        card.view<View>(R.id.check_by_hand).performClick()
        assertTrue(screen.isTicked(CheckKind.VENDOR))
        assertTrue(onboarding().get().isTicked(CheckKind.VENDOR))
    }

    @Test
    fun `the diagnostics tell the facts, and copy no number`() {
        port.status = port.status.copy(waiting = 2, dead = 1, othersWaiting = 3, username = "79220001246")
        val screen = support()
        val texts = screen.texts()
        for (words in listOf(
            "https://crm.example.com",
            "ждут: 2, не приняты: 1, других сотрудников: 3",
            "1: МТС",
            "Wi-Fi",
            "83 %",
            "abcdefgh",
        )) {
            assertTrue("$words in $texts", words in texts)
        }
        screen.view<Button>(R.id.support_copy).performClick()
        val clipboard = app.getSystemService(Context.CLIPBOARD_SERVICE) as ClipboardManager
        val copied = clipboard.primaryClip?.getItemAt(0)?.text.toString()
        assertTrue(copied, "Связь: На связи с CRM" in copied)
        assertFalse(copied, "79220001246" in copied)
    }

    @Test
    fun `the report and its end are told`() {
        val screen = support()
        for ((arrives, words) in listOf(true to R.string.support_sent, false to R.string.support_not_sent)) {
            port.reportArrives = arrives
            screen.view<Button>(R.id.support_send).performClick()
            idle()
            assertEquals(screen.getString(words), screen.view<TextView>(R.id.support_said).text)
            assertTrue(screen.view<Button>(R.id.support_send).isEnabled)
        }
    }

    @Test
    fun `results that were not taken can be sent again`() {
        val screen = support()
        val button = screen.view<Button>(R.id.support_again)
        assertEquals(View.GONE, button.visibility)
        port.status = port.status.copy(dead = 2)
        assertEquals("Отправить ещё раз (2 результата)", button.text)
        button.performClick()
        assertTrue("sendAgain" in port.did)
    }

    @Test
    fun `a call to try needs a whole number and a yes`() {
        val screen = support()
        val test = screen.view<Button>(R.id.support_test)
        screen.view<EditText>(R.id.support_number).setText("123")
        test.performClick()
        assertEquals(screen.getString(R.string.support_test_empty), screen.view<TextView>(R.id.support_said).text)
        screen.view<EditText>(R.id.support_number).setText("8 922 000 12 46")
        test.performClick()
        assertEquals("Позвонить на +7 922 000-12-46?", shadowOf(dialog).title)
        assertFalse(port.did.any { it.startsWith("call") })
        port.redial = Redial.BUSY
        dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        idle()
        assertTrue("call +79220001246" in port.did)
        assertEquals(screen.getString(R.string.redial_busy), screen.view<TextView>(R.id.support_said).text)
    }

    @Test
    fun `one's own number is there already`() {
        port.settings["own_number"] = "+79220001246"
        assertEquals("+79220001246", support().view<EditText>(R.id.support_number).text.toString())
    }

    @Test
    fun `the checks end with a call to try`() {
        val screen = onboarding().get()
        screen.view<Button>(R.id.onboarding_test).performClick()
        val next: Intent = shadowOf(screen).nextStartedActivity
        assertEquals(SupportHealthActivity::class.java.name, next.component?.className)
    }
}

/** A phone that lets us fill the screen. */
@Implements(NotificationManager::class)
class FullScreenAllowed : ShadowNotificationManager() {
    var isAllowed = true

    @Implementation
    fun canUseFullScreenIntent() = isAllowed
}
