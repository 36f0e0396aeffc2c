package ru.groupprofi.crmprofi.dialer

import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class MainActivityTest {
    @Test
    fun `a phone that nobody has logged in says so`() {
        val activity = Robolectric.buildActivity(MainActivity::class.java).setup().get()
        val found = ArrayList<View>()
        activity.window.decorView.findViewsWithText(
            found,
            "Телефон ещё не подключён к CRM",
            View.FIND_VIEWS_WITH_TEXT,
        )
        assertEquals(1, found.size)
    }

    @Test
    fun `the application comes from the manifest and its address from the flavour`() {
        val activity = Robolectric.buildActivity(MainActivity::class.java).setup().get()
        assertEquals(CRMApplication::class.java, activity.application.javaClass)
        val server = activity.getString(R.string.server_address)
        val expected = when (activity.getString(R.string.environment_name)) {
            "production" -> "https://crm.example.com"
            else -> "https://staging.crm.example.com"
        }
        assertEquals(expected, server)
    }
}
