package ru.groupprofi.crmprofi.dialer.service

import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.pm.ApplicationInfo
import android.content.pm.ComponentInfo
import android.content.pm.PackageManager
import android.content.pm.ServiceInfo
import android.net.Uri
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.fakes.SoftKeyApplication
import java.io.File

@Suppress("DEPRECATION")
@RunWith(RobolectricTestRunner::class)
@Config(application = SoftKeyApplication::class)
class ManifestTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val manager get() = context.packageManager

    @Test
    fun `it asks for these permissions and no others`() {
        val asked = manager.getPackageInfo(context.packageName, PackageManager.GET_PERMISSIONS).requestedPermissions
        val expected = setOf(
            "INTERNET", "ACCESS_NETWORK_STATE", "WAKE_LOCK", "VIBRATE", "RECEIVE_BOOT_COMPLETED", "FOREGROUND_SERVICE",
            "FOREGROUND_SERVICE_SPECIAL_USE", "CALL_PHONE", "READ_PHONE_STATE", "READ_CALL_LOG", "POST_NOTIFICATIONS",
            "USE_FULL_SCREEN_INTENT", "REQUEST_IGNORE_BATTERY_OPTIMIZATIONS",
        )
        assertEquals(expected, asked.orEmpty().map { it.removePrefix("android.permission.") }.toSet())
    }

    @Test
    fun `the service is of the type without a time limit and says why`() {
        val name = ComponentName(context, CallListenerService::class.java)
        val info = manager.getServiceInfo(name, PackageManager.GET_META_DATA)
        assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE, info.foregroundServiceType)
        assertFalse(info.exported)
        val why = Regex("""PROPERTY_SPECIAL_USE_FGS_SUBTYPE"\s+android:value="[^"]{20,}"""")
        assertTrue(why.containsMatchIn(File("src/main/AndroidManifest.xml").readText()))
    }

    @Test
    fun `nothing is backed up`() {
        assertEquals(0, context.applicationInfo.flags and ApplicationInfo.FLAG_ALLOW_BACKUP)
    }

    @Test
    fun `others reach only the start, the log-in link and what the system sends`() {
        val flags = PackageManager.GET_ACTIVITIES or PackageManager.GET_SERVICES or PackageManager.GET_RECEIVERS
        val found = manager.getPackageInfo(context.packageName, flags)
        val all: List<ComponentInfo> =
            listOf(*found.activities.orEmpty(), *found.services.orEmpty(), *found.receivers.orEmpty())
        val open = all.filter { it.exported }.map { it.name.substringAfterLast('.') }.toSet()
        assertEquals(setOf("MainActivity", "LoginActivity", "BootReceiver", "PhoneStateReceiver"), open)
        for (component in all) Class.forName(component.name)
    }

    @Test
    fun `the link of the site's code opens the log-in`() {
        val link = Intent(Intent.ACTION_VIEW, Uri.parse("crmprofi://login?server=https://crm.example.com&token=abc123"))
            .addCategory(Intent.CATEGORY_BROWSABLE)
        val found = manager.resolveActivity(link, 0)?.activityInfo?.name
        assertEquals("ru.groupprofi.crmprofi.dialer.ui.login.LoginActivity", found)
    }
}
