package ru.groupprofi.crmprofi.dialer.platform.sqlite

import android.database.DatabaseErrorHandler
import android.database.sqlite.SQLiteDatabase
import java.io.File

/** A database that cannot be read is kept beside the new one: the platform's own way would delete it. */
internal class DamagedFile(private val now: () -> Long) : DatabaseErrorHandler {
    @Volatile
    var isMoved: Boolean = false
        private set

    override fun onCorruption(dbObj: SQLiteDatabase) {
        val file = File(dbObj.path)
        // found while it is being opened, the same object is opened again on the new file
        if (dbObj.isOpen) dbObj.close()
        if (!file.isFile) return
        older(file).forEach { it.delete() }
        val aside = File(file.parentFile, "${file.name}$MARK${now()}")
        if (!file.renameTo(aside)) file.delete()
        // the parts of the old file must not be taken for the new one's
        for (part in listOf("-wal", "-shm", "-journal")) {
            val from = File(file.path + part)
            if (from.exists() && !from.renameTo(File(aside.path + part))) from.delete()
        }
        isMoved = true
    }

    /** One damaged file is evidence, many are a full disk. */
    private fun older(file: File): List<File> =
        file.parentFile?.listFiles { found -> found.name.startsWith(file.name + MARK) }.orEmpty().toList()

    private companion object {
        const val MARK = ".damaged-"
    }
}
