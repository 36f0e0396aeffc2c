package ru.groupprofi.crmprofi.dialer.recovery

import android.annotation.SuppressLint
import android.content.Context

/** Keeps the count of crashes; three of them in ten minutes and the next start is a careful one. */
class SafeModeManager(context: Context, version: String, private val left: () -> Unit) {
    private val store = context.getSharedPreferences(FILE, Context.MODE_PRIVATE)

    @Volatile
    private var state = SafeMode.decode(store.getString(LINE, null).orEmpty()).started(version)

    /** As this process has started; a crash from now on counts for the next one. */
    @Volatile
    var isOn: Boolean = state.isOn
        private set

    init {
        write(state)
    }

    /** The process is dying of an error at [at], the wall clock. */
    @Synchronized
    fun crashed(at: Long) = write(state.crashed(at))

    /** «Выйти». */
    @Synchronized
    fun leave() {
        if (!isOn) return
        write(state.left())
        isOn = false
        left()
    }

    // at once and for sure: after a crash there is no later
    @SuppressLint("ApplySharedPref")
    private fun write(next: SafeMode) {
        state = next
        store.edit().putString(LINE, next.encode()).commit()
    }

    private companion object {
        const val FILE = "safe_mode"
        const val LINE = "line"
    }
}
