package ru.groupprofi.crmprofi.dialer.ui

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.SystemClock
import android.widget.Button
import android.widget.TextView
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.compat.UiCompat
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told
import java.lang.ref.WeakReference

/** «Пора позвонить», on the lock screen too; it goes when the offer goes. */
class PromptActivity : ScreenActivity() {
    private val handler = Handler(Looper.getMainLooper())
    private val timeIsUp = Runnable { finish() }
    private val callId get() = extra(CALL_ID)

    /** On the clock that runs on in sleep. */
    private var endsAt = 0L

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        UiCompat.showOnLockScreen(this)
        setContentView(R.layout.activity_prompt)
        view<Button>(R.id.prompt_call).setOnClickListener { call() }
        view<Button>(R.id.prompt_later).setOnClickListener {
            port.declined(callId)
            finish()
        }
        shown = WeakReference(this)
        endsAt = savedInstanceState?.getLong(ENDS_AT) ?: endOf(intent)
        show()
    }

    /** The next offer takes the place of this one. */
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        endsAt = endOf(intent)
        show()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putLong(ENDS_AT, endsAt)
    }

    override fun onDestroy() {
        handler.removeCallbacks(timeIsUp)
        if (shown?.get() === this) shown = null
        super.onDestroy()
    }

    /** Nobody may dial any more: off shift, logged out, in the safe mode. */
    override fun changed(status: DialerStatus) {
        if (status.told in NO_OFFERS) finish()
    }

    private fun show() {
        val number = extra(PHONE)
        view<TextView>(R.id.prompt_company).tell(extra(TITLE).ifEmpty { PhoneWords.of(number) })
        view<TextView>(R.id.prompt_contact).tell(extra(CONTACT))
        view<TextView>(R.id.prompt_phone).tell(if (extra(TITLE).isEmpty()) "" else PhoneWords.of(number))
        view<TextView>(R.id.prompt_note).tell(extra(NOTE))
        handler.removeCallbacks(timeIsUp)
        handler.postDelayed(timeIsUp, (endsAt - SystemClock.elapsedRealtime()).coerceAtLeast(0))
    }

    private fun endOf(intent: Intent) =
        SystemClock.elapsedRealtime() + intent.getLongExtra(LEFT_MS, USUAL_MS).coerceIn(0, LONGEST_MS)

    private fun call() {
        val mayDial = checkSelfPermission(Manifest.permission.CALL_PHONE) == PackageManager.PERMISSION_GRANTED
        port.tapped(callId)
        // without the permission only the person's own dialler may
        if (!mayDial) dialByHand(extra(PHONE))
        finish()
    }

    private fun extra(name: String) = intent.getStringExtra(name).orEmpty()

    companion object {
        const val CALL_ID = "call_id"
        const val PHONE = "phone"
        const val TITLE = "title"
        const val CONTACT = "contact"
        const val NOTE = "note"

        /** How long the offer is good for, in milliseconds; a minute where it is not said. */
        const val LEFT_MS = "left_ms"
        private const val ENDS_AT = "ends_at"
        private const val USUAL_MS = 60_000L
        private const val LONGEST_MS = 600_000L
        private val NO_OFFERS = setOf(Told.SHIFT_OFF, Told.LOG_IN, Told.SAFE_MODE, Told.REPLACED)

        /** The one that is on the screen; there is never a second. */
        @Volatile
        private var shown: WeakReference<PromptActivity>? = null

        /** The offer is gone: answered elsewhere, withdrawn, too late. From any thread. */
        fun gone(callId: String) {
            val screen = shown?.get() ?: return
            screen.runOnUiThread { if (screen.callId == callId) screen.finish() }
        }
    }
}
