package ru.groupprofi.crmprofi.dialer.store

import java.io.Closeable
import java.io.File
import java.sql.Connection
import java.sql.DriverManager
import java.sql.PreparedStatement
import java.sql.ResultSet
import java.sql.SQLException

/** The dialer's tables in a real SQLite file, as durable as on the phone. */
class FileDb(file: File) :
    Db,
    Closeable {
    private val connection: Connection = DriverManager.getConnection("jdbc:sqlite:${file.path}")
    private var depth = 0

    /** Called before each write: a test may throw here, as a full disk or a killed process would. */
    var beforeWrite: (String) -> Unit = {}

    /** The same before each look. */
    var beforeRead: (String) -> Unit = {}

    init {
        for (pragma in listOf("journal_mode = WAL", "synchronous = FULL")) {
            connection.createStatement().use { it.execute("PRAGMA $pragma") }
        }
        val version = connection.createStatement().use { s -> s.executeQuery("PRAGMA user_version").getInt(1) }
        connection.createStatement().use { s ->
            Schema.from(version).forEach(s::execute)
            s.execute("PRAGMA user_version = ${Schema.VERSION}")
        }
    }

    @Synchronized
    override fun run(sql: String, vararg values: Any?) {
        beforeWrite(sql)
        guarded { prepared(sql, values).use { it.executeUpdate() } }
    }

    @Synchronized
    override fun <T> read(sql: String, vararg values: Any?, row: (DbRow) -> T): List<T> = guarded {
        beforeRead(sql)
        prepared(sql, values).use { statement ->
            statement.executeQuery().use { found ->
                val rows = ArrayList<T>()
                while (found.next()) rows += row(Row(found))
                rows
            }
        }
    }

    @Synchronized
    override fun <T> transaction(act: () -> T): T {
        if (depth > 0) return act()
        connection.autoCommit = false
        depth += 1
        try {
            val result = act()
            guarded { connection.commit() }
            return result
        } catch (error: Throwable) {
            connection.rollback()
            throw error
        } finally {
            depth -= 1
            connection.autoCommit = true
        }
    }

    override fun close() = connection.close()

    private fun prepared(sql: String, values: Array<out Any?>): PreparedStatement {
        val statement = connection.prepareStatement(sql)
        values.forEachIndexed { index, value ->
            when (value) {
                null -> statement.setObject(index + 1, null)
                is String -> statement.setString(index + 1, value)
                is ByteArray -> statement.setBytes(index + 1, value)
                is Long -> statement.setLong(index + 1, value)
                else -> error("${value.javaClass} in $sql")
            }
        }
        return statement
    }

    private fun <T> guarded(act: () -> T): T = try {
        act()
    } catch (error: SQLException) {
        throw DbFailed(error.message.orEmpty(), error)
    }

    private class Row(private val found: ResultSet) : DbRow {
        override fun text(column: Int): String? = found.getString(column + 1)

        override fun number(column: Int): Long? = found.getLong(column + 1).takeUnless { found.wasNull() }

        override fun bytes(column: Int): ByteArray? = found.getBytes(column + 1)
    }
}
