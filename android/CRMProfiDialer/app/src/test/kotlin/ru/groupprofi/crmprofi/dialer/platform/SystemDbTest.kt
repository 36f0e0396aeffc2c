package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.database.sqlite.SQLiteDatabase
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import ru.groupprofi.crmprofi.dialer.platform.sqlite.SystemDb
import ru.groupprofi.crmprofi.dialer.store.DbFailed
import ru.groupprofi.crmprofi.dialer.store.Settings

@RunWith(RobolectricTestRunner::class)
class SystemDbTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val file get() = context.getDatabasePath(NAME)
    private val opened = ArrayList<SystemDb>()

    @After
    fun close() = opened.forEach { it.close() }

    @Test
    fun `texts, numbers, bytes and nulls come back as they went`() {
        val db = open()
        db.run("CREATE TABLE t (a TEXT, b INTEGER, c BLOB, d INTEGER)")
        db.run("INSERT INTO t VALUES (?, ?, ?, ?)", "слово", 9_000_000_000L, byteArrayOf(0, -1, 7), null)
        val found = db.read("SELECT a, b, c, d FROM t") { listOf(it.text(0), it.number(1), it.bytes(2), it.number(3)) }
        assertEquals("слово", found.single()[0])
        assertEquals(9_000_000_000L, found.single()[1])
        assertArrayEquals(byteArrayOf(0, -1, 7), found.single()[2] as ByteArray)
        assertNull(found.single()[3])
    }

    @Test
    fun `a number in a question is a number, not a text`() {
        val db = open()
        assertEquals(1L, db.read("SELECT typeof(?) = 'integer'", 5L) { it.number(0) }.single())
        assertEquals(1L, db.read("SELECT typeof(?) = 'null'", null) { it.number(0) }.single())
        assertEquals(1L, db.read("SELECT typeof(?) = 'blob'", byteArrayOf(1)) { it.number(0) }.single())
    }

    @Test
    fun `a transaction is all or nothing, and an inner one is part of it`() {
        val db = open()
        val settings = Settings(db)
        settings["kept"] = "1"
        assertThrows(IllegalArgumentException::class.java) {
            db.transaction {
                settings["kept"] = "2"
                db.transaction { settings["inner"] = "1" }
                throw IllegalArgumentException()
            }
        }
        assertEquals("1", settings["kept"])
        assertNull(settings["inner"])
        assertEquals(
            7,
            db.transaction {
                settings["kept"] = "3"
                7
            },
        )
        assertEquals("3", settings["kept"])
    }

    @Test
    fun `what is committed is on the disk`() {
        val db = open()
        // only one of the connections writes: the one of a transaction
        assertEquals(2L, db.transaction { db.read("PRAGMA synchronous") { it.number(0) } }.single())
        assertEquals("wal", db.read("PRAGMA journal_mode") { it.text(0) }.single())
    }

    @Test
    fun `what SQLite refuses is DbFailed`() {
        val db = open()
        assertThrows(DbFailed::class.java) { db.run("SELECT nonsense FROM nowhere") }
        assertThrows(DbFailed::class.java) { db.read("SELECT nonsense FROM nowhere") { it.text(0) } }
    }

    @Test
    fun `an older file gets what it lacks and keeps what it has`() {
        file.parentFile?.mkdirs()
        SQLiteDatabase.openOrCreateDatabase(file, null).use {
            it.execSQL("CREATE TABLE before (a TEXT)")
            it.execSQL("INSERT INTO before VALUES ('here')")
        }
        val db = open()
        assertEquals("here", db.read("SELECT a FROM before") { it.text(0) }.single())
        assertTrue(db.read("SELECT name FROM sqlite_master WHERE name = 'journal'") { it.text(0) }.isNotEmpty())
        assertFalse(db.wasReset)
    }

    @Test
    fun `the next process reads what this one wrote`() {
        Settings(open()).set("name", "value")
        opened.single().close()
        assertEquals("value", Settings(open())["name"])
    }

    @Test
    fun `a damaged file is moved aside, and work goes on with a new one`() {
        file.parentFile?.mkdirs()
        file.writeText("это не база данных ".repeat(400))
        val db = open()
        Settings(db).set("name", "value")
        assertEquals("value", Settings(db)["name"])
        assertTrue(db.wasReset)
        val aside = file.parentFile!!.listFiles()!!.single { it.name == "$NAME.damaged-42" }
        assertTrue(aside.readText().startsWith("это не база"))
    }

    private fun open() = SystemDb(context, NAME) { 42 }.also(opened::add)

    private companion object {
        const val NAME = "test.db"
    }
}
