package ru.groupprofi.crmprofi.dialer.logs

import android.util.Log

/** The only door to the log: every line is masked before anybody keeps it. */
class AppLogger(private val ring: RingLog) {
    fun info(line: String) = write(Log.INFO, line)

    fun warn(line: String) = write(Log.WARN, line)

    /** Of [error] only its kind and its masked words. */
    fun error(line: String, error: Throwable) =
        write(Log.ERROR, "$line: ${error.javaClass.simpleName} ${error.message.orEmpty()}")

    private fun write(level: Int, line: String) {
        val masked = Mask.text(line)
        Log.println(level, TAG, masked)
        ring.add(masked)
    }

    companion object {
        const val TAG = "CRMProfiDialer"
    }
}
