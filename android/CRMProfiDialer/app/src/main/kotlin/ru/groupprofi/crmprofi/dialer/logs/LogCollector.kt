package ru.groupprofi.crmprofi.dialer.logs

import android.os.Process
import java.io.IOException

/** Puts the end of this process' system log into our own, which masks every line. */
class LogCollector(private val ring: RingLog, private val system: () -> List<String> = ::systemLog) {
    fun collect() {
        val lines = try {
            system()
        } catch (error: IOException) {
            listOf("системный журнал не прочитан: ${error.javaClass.simpleName}")
        }
        // our own lines are there already
        lines.filterNot { AppLogger.TAG in it }.takeLast(MOST_LINES).forEach { ring.add("sys ${it.take(MOST_CHARS)}") }
    }

    private companion object {
        const val MOST_LINES = 100
        const val MOST_CHARS = 300

        fun systemLog(): List<String> {
            val read = ProcessBuilder("logcat", "-d", "-v", "time", "-t", "200", "--pid=${Process.myPid()}")
                .redirectErrorStream(true)
                .start()
            return try {
                read.inputStream.bufferedReader().readLines()
            } finally {
                read.destroy()
            }
        }
    }
}
