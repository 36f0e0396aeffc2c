package ru.groupprofi.crmprofi.dialer.ui

import android.app.Activity
import android.content.Intent
import android.util.TypedValue
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.ParameterizedRobolectricTestRunner
import org.robolectric.ParameterizedRobolectricTestRunner.Parameters
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.MainActivity
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.platform.SimChoice
import ru.groupprofi.crmprofi.dialer.ui.login.LoginActivity
import ru.groupprofi.crmprofi.dialer.ui.onboarding.OnboardingActivity
import ru.groupprofi.crmprofi.dialer.ui.support.SupportHealthActivity

/** Every screen on a small phone with large letters, by day and by night. */
@RunWith(ParameterizedRobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class ScreensTest(private val screen: Class<out Activity>) {
    private fun start(): Activity {
        RuntimeEnvironment.setFontScale(1.5f)
        port.items = CallStatus.entries.map { call(it.name, status = it, title = "Очень длинное название компании") }
        port.simChoices = listOf(SimChoice("a", "МТС"), SimChoice("b", "Билайн"))
        val intent = Intent().putExtra(
            "history_id",
            "CONNECTED",
        ).putExtra("call_id", "1").putExtra("phone", "+79220001246")
            .putExtra("title", "ООО Ромашка").putExtra("contact", "Иван").putExtra("note", "Ждёт звонка")
        val activity = Robolectric.buildActivity(screen, intent).setup().visible().get()
        idle()
        return activity
    }

    private fun check(activity: Activity) {
        val root = activity.findViewById<ViewGroup>(android.R.id.content)!!.getChildAt(0)
        assertTrue("edge to edge", root.fitsSystemWindows)
        val density = activity.resources.displayMetrics.density
        val metrics = activity.resources.displayMetrics
        val smallest = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, 16f, metrics) - 0.1f
        for (view in all(root)) {
            val hasName = view.id shr 24 > 0
            val name = if (hasName) activity.resources.getResourceEntryName(view.id) else view.javaClass.simpleName
            if (view is TextView) {
                assertTrue("$name: ${view.textSize} px", view.textSize >= smallest)
            }
            if (view.isClickable && view !is android.widget.EditText) {
                assertTrue("$name: ${view.height} px", view.height >= 48 * density - 1)
                val words = (view as? TextView)?.text?.toString() ?: view.contentDescription?.toString()
                assertTrue("$name says nothing", !words.isNullOrBlank() || view is ViewGroup)
            }
            assertTrue("$name sticks out", view.right <= activity.resources.displayMetrics.widthPixels)
        }
    }

    private fun all(view: View): List<View> = when {
        view.visibility != View.VISIBLE -> emptyList()
        view is ViewGroup -> listOf(view) + (0 until view.childCount).flatMap { all(view.getChildAt(it)) }
        else -> listOf(view)
    }

    @Test
    @Config(qualifiers = "w320dp-h480dp")
    fun `by day`() = check(start())

    @Test
    @Config(qualifiers = "w320dp-h480dp-night")
    fun `by night`() = check(start())

    companion object {
        @JvmStatic
        @Parameters(name = "{0}")
        fun screens(): List<Array<Class<out Activity>>> = listOf(
            MainActivity::class.java,
            LoginActivity::class.java,
            CallsHistoryActivity::class.java,
            NoteActivity::class.java,
            OnboardingActivity::class.java,
            SupportHealthActivity::class.java,
            PromptActivity::class.java,
        ).map { arrayOf(it) }
    }
}
