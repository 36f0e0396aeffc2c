package ru.groupprofi.crmprofi.dialer.ui

import android.Manifest
import android.app.AlertDialog
import android.content.Intent
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.ListView
import android.widget.RadioGroup
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
import org.robolectric.shadows.ShadowDialog
import org.robolectric.shadows.ShadowLooper
import org.robolectric.shadows.ShadowToast
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.session.Told
import java.util.concurrent.TimeUnit

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class CallScreensTest {
    private val dialog get() = ShadowDialog.getLatestDialog() as AlertDialog

    private fun history(): CallsHistoryActivity =
        Robolectric.buildActivity(CallsHistoryActivity::class.java).setup().visible().get().also { idle() }

    private fun prompt(vararg extras: Pair<String, Any>) = Robolectric.buildActivity(
        PromptActivity::class.java,
        Intent().putExtra("call_id", "7").putExtra("phone", "+79220001246").apply {
            extras.forEach { (name, value) -> if (value is Long) putExtra(name, value) else putExtra(name, "$value") }
        },
    ).setup().also { idle() }

    private fun note() =
        Robolectric.buildActivity(NoteActivity::class.java, Intent().putExtra("history_id", "c1")).setup()
            .also { idle() }

    @Test
    fun `an empty history says what will be there`() {
        val screen = history()
        assertTrue(screen.texts().any { it.startsWith("Здесь появятся звонки") })
    }

    @Test
    fun `rows show the call and what was not sent`() {
        port.items = listOf(call("c1", title = "ООО Ромашка", sent = false), call("c2"))
        val texts = history().texts()
        for (words in listOf("ООО Ромашка", "+7 922 000-12-46", "Не отправлено", "Сегодня")) {
            assertTrue("$words in $texts", words in texts)
        }
        assertEquals(1, texts.count { it == "Не отправлено" })
    }

    @Test
    fun `used rows show nothing of the call before`() {
        val screen = history()
        val now = System.currentTimeMillis()
        port.items = listOf(call("c1", title = "ООО Ромашка", sent = false, at = now), call("c2", phone = "", at = now))
        port.status = port.status.copy(waiting = 1)
        idle()
        val list = screen.view<ListView>(R.id.history_list)
        val first = list.adapter.getView(2, null, list)
        val again = list.adapter.getView(3, first, list)
        assertTrue(first === again)
        assertEquals("Номер скрыт", again.view<TextView>(R.id.call_name).text)
        assertEquals(View.GONE, again.view<View>(R.id.call_unsent).visibility)
        assertEquals(View.GONE, again.view<View>(R.id.call_redial).visibility)
    }

    @Test
    fun `what came of a redial is told`() {
        port.items = listOf(call())
        val screen = history()
        for (redial in Redial.entries - Redial.UNSAFE) {
            port.redial = redial
            screen.view<View>(R.id.call_redial).performClick()
            idle()
            assertEquals(screen.getString(RedialWords.of(redial)), ShadowToast.getTextOfLatestToast())
        }
        assertEquals(Redial.entries.size - 1, port.did.count { it == "redial c1" })
    }

    @Test
    fun `a number that is never dialled goes to the phone's own dialler`() {
        port.items = listOf(call(phone = "*100#"))
        port.redial = Redial.UNSAFE
        val screen = history()
        screen.view<View>(R.id.call_redial).performClick()
        idle()
        dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        idle()
        val next = shadowOf(screen).nextStartedActivity
        assertEquals(Intent.ACTION_DIAL, next.action)
        assertEquals("*100#", next.data?.schemeSpecificPart)
    }

    @Test
    fun `the details lead to the note`() {
        port.items = listOf(call())
        val screen = history()
        val list = screen.view<ListView>(R.id.history_list)
        list.adapter.getView(2, null, list).performClick()
        idle()
        dialog.getButton(AlertDialog.BUTTON_NEGATIVE).performClick()
        idle()
        assertEquals("c1", shadowOf(screen).nextStartedActivity.getStringExtra("history_id"))
    }

    @Test
    fun `a note needs something in it and is kept with its outcome`() {
        port.items = listOf(call())
        val screen = note().get()
        screen.view<Button>(R.id.note_save).performClick()
        assertEquals(screen.getString(R.string.note_nothing), ShadowToast.getTextOfLatestToast())
        assertFalse(screen.isFinishing)
        screen.view<View>(R.id.note_agreed).performClick()
        screen.view<EditText>(R.id.note_text).setText(" Ждут счёт ")
        assertEquals("11 из 2000", screen.view<TextView>(R.id.note_counter).text)
        screen.view<Button>(R.id.note_save).performClick()
        assertTrue("note c1 agreed Ждут счёт" in port.did)
        assertTrue(screen.isFinishing)
    }

    @Test
    fun `a draft survives the turning, and is not overwritten`() {
        port.items = listOf(call().copy(note = "старое", outcome = "no_answer"))
        val controller = note()
        val screen = controller.get()
        assertEquals("старое", screen.view<EditText>(R.id.note_text).text.toString())
        screen.view<EditText>(R.id.note_text).setText("новое")
        screen.view<View>(R.id.note_call_back).performClick()
        val turned = controller.turned()
        assertEquals("новое", turned.view<EditText>(R.id.note_text).text.toString())
        assertEquals(R.id.note_call_back, turned.view<RadioGroup>(R.id.note_outcomes).checkedRadioButtonId)
    }

    @Test
    fun `no more than two thousand signs`() {
        port.items = listOf(call())
        val text = note().get().view<EditText>(R.id.note_text)
        text.setText("я".repeat(3_000))
        assertEquals(2_000, text.length())
    }

    @Test
    fun `a call that is gone takes no note`() = assertTrue(note().get().isFinishing)

    @Test
    fun `the prompt tells who it is and dials on the tap`() {
        shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.CALL_PHONE)
        val screen = prompt("title" to "ООО Ромашка", "contact" to "Иван", "note" to "Ждёт").get()
        val texts = screen.texts()
        val expected = listOf("Пора позвонить", "ООО Ромашка", "Иван", "+7 922 000-12-46", "Ждёт")
        assertTrue("$texts", texts.containsAll(expected))
        screen.view<Button>(R.id.prompt_call).performClick()
        assertTrue("tapped 7" in port.did)
        assertTrue(screen.isFinishing)
        assertEquals(null, shadowOf(screen).nextStartedActivity)
    }

    @Test
    fun `without the permission the person dials`() {
        val screen = prompt().get()
        screen.view<Button>(R.id.prompt_call).performClick()
        assertEquals(Intent.ACTION_DIAL, shadowOf(screen).nextStartedActivity.action)
    }

    @Test
    fun `not now dials nothing`() {
        val screen = prompt().get()
        screen.view<Button>(R.id.prompt_later).performClick()
        assertTrue(screen.isFinishing)
        assertFalse(port.did.any { it.startsWith("tapped") })
        assertTrue(port.did.any { it.startsWith("declined") })
    }

    @Test
    fun `the prompt goes with its offer, at its time, and at the end of the shift`() {
        val first = prompt().get()
        PromptActivity.gone("8")
        idle()
        assertFalse(first.isFinishing)
        PromptActivity.gone("7")
        idle()
        assertTrue(first.isFinishing)

        val second = prompt("left_ms" to 20_000L)
        ShadowLooper.idleMainLooper(15, TimeUnit.SECONDS)
        val turned = second.turned()
        assertFalse(turned.isFinishing)
        ShadowLooper.idleMainLooper(6, TimeUnit.SECONDS)
        assertTrue(turned.isFinishing)

        val third = prompt().get()
        port.status = port.status.copy(told = Told.SHIFT_OFF)
        assertTrue(third.isFinishing)
    }
}
