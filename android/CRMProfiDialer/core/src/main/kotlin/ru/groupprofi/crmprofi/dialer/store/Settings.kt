package ru.groupprofi.crmprofi.dialer.store

/** Small facts that outlive the process: one text by name. */
class Settings(private val db: Db) {
    operator fun get(name: String): String? =
        db.read("SELECT value FROM setting WHERE name = ?", name) { it.text(0) }.firstOrNull()

    operator fun set(name: String, value: String?) {
        if (value == null) {
            db.run("DELETE FROM setting WHERE name = ?", name)
        } else {
            db.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)
        }
    }

    companion object {
        const val CURSOR = "calllog_cursor"

        /** The person whose calls the cursor counts. */
        const val CURSOR_OF = "calllog_user"
        const val SHIFT = "shift"
        const val POLICY = "policy"
        const val SIM = "sim"
        const val SHARE_ALL = "share_all"
        const val OWN_NUMBER = "own_number"
    }
}
