package ru.groupprofi.crmprofi.dialer.platform.sqlite

import android.content.Context
import android.database.Cursor
import android.database.SQLException
import android.database.sqlite.SQLiteCursor
import android.database.sqlite.SQLiteDatabase
import android.database.sqlite.SQLiteOpenHelper
import android.database.sqlite.SQLiteQuery
import ru.groupprofi.crmprofi.dialer.store.Db
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.DbRow
import ru.groupprofi.crmprofi.dialer.store.Schema
import java.io.Closeable

/** The dialer's tables in the phone's SQLite. What is committed is on the disk, whatever happens to the phone. */
class SystemDb(context: Context, name: String = NAME, now: () -> Long = System::currentTimeMillis) :
    Db,
    Closeable {
    private val damage = DamagedFile(now)
    private val helper = Helper(context, name, damage)

    /** The file was damaged and moved aside since this process began. */
    val wasReset: Boolean get() = damage.isMoved

    override fun run(sql: String, vararg values: Any?) = guarded { helper.writableDatabase.execSQL(sql, values) }

    override fun <T> read(sql: String, vararg values: Any?, row: (DbRow) -> T): List<T> = guarded {
        val typed = SQLiteDatabase.CursorFactory { _, driver, table, query ->
            values.forEachIndexed { index, value -> bind(query, index + 1, value) }
            SQLiteCursor(driver, table, query)
        }
        helper.writableDatabase.rawQueryWithFactory(typed, sql, null, "").use { found ->
            val rows = ArrayList<T>()
            while (found.moveToNext()) rows += row(Row(found))
            rows
        }
    }

    override fun <T> transaction(act: () -> T): T {
        val db = guarded { helper.writableDatabase }
        // an inner one is part of the outer one
        if (db.inTransaction()) return act()
        guarded { db.beginTransaction() }
        try {
            val result = act()
            guarded { db.setTransactionSuccessful() }
            return result
        } finally {
            // a damaged file has been closed already
            if (db.isOpen) guarded { db.endTransaction() }
        }
    }

    override fun close() = helper.close()

    /** The platform's query takes only texts; numbers have to stay numbers. */
    private fun bind(query: SQLiteQuery, index: Int, value: Any?) = when (value) {
        null -> query.bindNull(index)
        is String -> query.bindString(index, value)
        is ByteArray -> query.bindBlob(index, value)
        is Number -> query.bindLong(index, value.toLong())
        else -> throw DbFailed("${value.javaClass} in a query")
    }

    private fun <T> guarded(act: () -> T): T = try {
        act()
    } catch (error: SQLException) {
        throw DbFailed(error.message.orEmpty(), error)
    } catch (error: IllegalStateException) {
        throw DbFailed(error.message.orEmpty(), error)
    }

    private class Row(private val found: Cursor) : DbRow {
        override fun text(column: Int): String? = found.getString(column)

        override fun number(column: Int): Long? = if (found.isNull(column)) null else found.getLong(column)

        override fun bytes(column: Int): ByteArray? = found.getBlob(column)
    }

    private class Helper(context: Context, name: String, damage: DamagedFile) :
        SQLiteOpenHelper(context, name, null, Schema.VERSION, damage) {
        init {
            setWriteAheadLoggingEnabled(true)
        }

        override fun onConfigure(db: SQLiteDatabase) = db.execSQL("PRAGMA synchronous = FULL")

        override fun onCreate(db: SQLiteDatabase) = onUpgrade(db, 0, Schema.VERSION)

        override fun onUpgrade(db: SQLiteDatabase, oldVersion: Int, newVersion: Int) =
            Schema.from(oldVersion).forEach(db::execSQL)
    }

    companion object {
        const val NAME = "dialer.db"
    }
}
