package ru.groupprofi.crmprofi.dialer.fakes

import android.content.ContentProvider
import android.content.ContentValues
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.provider.CallLog.Calls
import org.robolectric.Robolectric

/** The system's list of calls, as a provider of its own. */
class FakeCallLog : ContentProvider() {
    class Row(val id: Long, val number: String, val type: Int, val date: Long, val duration: Int)

    val rows = java.util.concurrent.CopyOnWriteArrayList<Row>()
    val asked = ArrayList<Uri>()

    @Volatile var isRefused = false

    fun add(number: String, type: Int, date: Long, duration: Int) {
        rows += Row(rows.size + 1L, number, type, date, duration)
        context!!.contentResolver.notifyChange(Calls.CONTENT_URI, null)
    }

    override fun onCreate() = true

    override fun query(
        uri: Uri,
        columns: Array<String>?,
        where: String?,
        values: Array<String>?,
        order: String?,
    ): Cursor {
        if (isRefused) throw SecurityException("READ_CALL_LOG")
        asked += uri
        val found = MatrixCursor(columns)
        val after = values?.firstOrNull()?.toLong() ?: Long.MIN_VALUE
        val sorted = if ("DESC" in order.orEmpty()) rows.sortedByDescending { it.id } else rows.sortedBy { it.id }
        // as some vendors do: the limit is not heard
        sorted.filter { it.id > after }.forEach {
            found.addRow(arrayOf<Any?>(it.id, it.number, it.type, it.date, it.duration, "1"))
        }
        return found
    }

    override fun getType(uri: Uri): String? = null

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, where: String?, values: Array<String>?) = 0

    override fun update(uri: Uri, row: ContentValues?, where: String?, values: Array<String>?) = 0

    companion object {
        fun install(): FakeCallLog = Robolectric.setupContentProvider(FakeCallLog::class.java, "call_log")
    }
}
