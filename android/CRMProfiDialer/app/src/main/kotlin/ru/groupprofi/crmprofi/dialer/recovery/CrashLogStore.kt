package ru.groupprofi.crmprofi.dialer.recovery

import ru.groupprofi.crmprofi.dialer.contract.isoUtc
import java.io.File

/** Writes down what the process dies of, then lets it die as the system wants it. */
class CrashLogStore(
    file: File,
    private val version: String,
    private val safeMode: SafeModeManager,
    private val wall: () -> Long = System::currentTimeMillis,
) : Thread.UncaughtExceptionHandler {
    private val log = CrashLog(file)
    private var before: Thread.UncaughtExceptionHandler? = null

    fun install() {
        before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler(this)
    }

    fun uninstall() {
        if (Thread.getDefaultUncaughtExceptionHandler() === this) Thread.setDefaultUncaughtExceptionHandler(before)
    }

    override fun uncaughtException(thread: Thread, error: Throwable) {
        try {
            log.write(error, isoUtc(wall()), version)
            safeMode.crashed(wall())
        } finally {
            before?.uncaughtException(thread, error)
        }
    }

    /** The crash before this start, once. */
    fun take(): String? = log.take()
}
