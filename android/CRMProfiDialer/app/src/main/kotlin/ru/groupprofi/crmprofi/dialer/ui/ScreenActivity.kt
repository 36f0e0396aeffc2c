package ru.groupprofi.crmprofi.dialer.ui

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.net.Uri
import android.view.View
import android.widget.ImageButton
import android.widget.TextView
import android.widget.Toast
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import java.io.Closeable
import java.util.Locale

/** What every screen has: Russian texts, a scope that ends with it, the state of the dialer while it is seen. */
abstract class ScreenActivity : Activity() {
    protected val port: ScreenPort get() = screenPort

    /** Ends with the screen. */
    protected val scope: CoroutineScope by lazy {
        val app = port.scope.coroutineContext
        CoroutineScope(app + Job(app[Job]))
    }
    private var watching: Closeable? = null

    override fun attachBaseContext(newBase: Context) {
        // plurals follow the locale: Russian texts need Russian ones on a phone of any language
        val russian = Configuration().apply {
            fontScale = 0f
            setLocale(Locale("ru", "RU"))
        }
        super.attachBaseContext(newBase.createConfigurationContext(russian))
    }

    override fun onStart() {
        super.onStart()
        watching = port.watch(::changed)
    }

    override fun onStop() {
        watching?.close()
        watching = null
        super.onStop()
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** The dialer's state, while the screen is seen. */
    protected open fun changed(status: DialerStatus) = Unit

    protected fun header(title: Int) {
        view<TextView>(R.id.header_title).setText(title)
        view<ImageButton>(R.id.header_back).setOnClickListener { finish() }
        setTitle(title)
    }

    protected fun say(text: Int) = Toast.makeText(this, text, Toast.LENGTH_LONG).show()

    /** False when the phone has nothing that opens it. */
    protected fun open(intent: Intent): Boolean = try {
        startActivity(intent)
        true
    } catch (_: ActivityNotFoundException) {
        false
    } catch (_: SecurityException) {
        false
    }

    /** The phone's own dialler with [number] in it; the person dials. */
    protected fun dialByHand(number: String) {
        if (!open(Intent(Intent.ACTION_DIAL, Uri.fromParts("tel", number, null)))) say(R.string.no_dialler)
    }
}

/** Nullable where Android is compiled from its sources, not nullable in Google's SDK: this fits both. */
fun <T : View> Activity.view(id: Int): T = findViewById<T>(id)!!

fun <T : View> View.view(id: Int): T = findViewById<T>(id)!!

fun View.shownIf(isShown: Boolean) {
    visibility = if (isShown) View.VISIBLE else View.GONE
}

/** Empty text takes no room. */
fun TextView.tell(words: String) {
    text = words
    shownIf(words.isNotEmpty())
}
