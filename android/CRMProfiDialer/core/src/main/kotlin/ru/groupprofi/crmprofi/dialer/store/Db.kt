package ru.groupprofi.crmprofi.dialer.store

/** A database in one file that survives the death of the process; SQLite on the phone and in the tests. */
interface Db {
    /** Texts, whole numbers, bytes and nulls stand for the question marks. Throws [DbFailed]. */
    fun run(sql: String, vararg values: Any?)

    /** Throws [DbFailed]. */
    fun <T> read(sql: String, vararg values: Any?, row: (DbRow) -> T): List<T>

    /** All of [act] or nothing of it. Throws [DbFailed], and whatever [act] throws. */
    fun <T> transaction(act: () -> T): T
}

/** Columns are counted from zero. */
interface DbRow {
    fun text(column: Int): String?

    fun number(column: Int): Long?

    fun bytes(column: Int): ByteArray?
}

/** The disk is full, cannot be written, or holds something else. */
class DbFailed(message: String, cause: Throwable? = null) : RuntimeException(message, cause)

/** The tables, by version: each list of statements leads from the version before it. */
object Schema {
    const val VERSION = 1

    private val steps: List<List<String>> = listOf(
        listOf(
            """CREATE TABLE journal (
                call_id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, number TEXT NOT NULL, boot TEXT NOT NULL,
                stage TEXT NOT NULL, source TEXT NOT NULL, claimed_at INTEGER NOT NULL, within_ms INTEGER NOT NULL,
                lease TEXT NOT NULL, max_log_id INTEGER, dialed_at INTEGER NOT NULL, dialed_wall INTEGER NOT NULL,
                ended_at INTEGER NOT NULL, looks INTEGER NOT NULL, report_id TEXT NOT NULL,
                is_unknown INTEGER NOT NULL, request_id TEXT NOT NULL, log_id INTEGER, written_wall INTEGER NOT NULL
            )""",
            "CREATE INDEX journal_stage ON journal (stage)",
            """CREATE TABLE queue (
                id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, type TEXT NOT NULL,
                endpoint TEXT NOT NULL, payload BLOB NOT NULL, dedupe_key TEXT NOT NULL UNIQUE,
                order_key TEXT NOT NULL, created_at INTEGER NOT NULL, boot TEXT NOT NULL, elapsed INTEGER NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0,
                last_code INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL, state TEXT NOT NULL
            )""",
            "CREATE INDEX queue_order ON queue (order_key, id)",
            """CREATE TABLE history (
                id TEXT PRIMARY KEY, phone TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
                duration_s INTEGER, started_at INTEGER NOT NULL, ended_at INTEGER, sent_to_crm INTEGER NOT NULL,
                direction TEXT, resolve_method TEXT, attempts INTEGER, action_source TEXT, report_id TEXT NOT NULL,
                is_command INTEGER NOT NULL, outcome TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT ''
            )""",
            "CREATE INDEX history_started ON history (started_at)",
            "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        ),
    )

    /** The statements from version [from] (0: an empty file) to [VERSION]. */
    fun from(from: Int): List<String> = steps.drop(from).flatten()
}
