package ru.groupprofi.crmprofi.dialer.recovery

import ru.groupprofi.crmprofi.dialer.logs.Mask
import java.io.File
import java.io.IOException
import java.io.PrintWriter
import java.io.StringWriter

/** The last crash, masked, in one small file; it goes with the next log bundle. */
class CrashLog(private val file: File) {
    /** Called while the process dies: never throws. [at] is ISO 8601. */
    fun write(error: Throwable, at: String, version: String) {
        val trace = StringWriter().also { error.printStackTrace(PrintWriter(it)) }.toString()
        try {
            file.writeText(Mask.text("$at $version\n$trace").take(MOST_CHARS))
        } catch (_: IOException) {
            return
        }
    }

    /** The crash, once: it is forgotten here. Null when there was none, or it cannot be read. */
    fun take(): String? = try {
        if (file.exists()) file.readText().also { file.delete() }.ifBlank { null } else null
    } catch (_: IOException) {
        null
    }

    private companion object {
        const val MOST_CHARS = 20_000
    }
}
