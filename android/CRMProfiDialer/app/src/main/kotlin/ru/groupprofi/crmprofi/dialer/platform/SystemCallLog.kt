package ru.groupprofi.crmprofi.dialer.platform

import android.Manifest
import android.content.Context
import android.database.Cursor
import android.database.SQLException
import android.provider.CallLog.Calls
import ru.groupprofi.crmprofi.dialer.calls.CallLogRow
import ru.groupprofi.crmprofi.dialer.commands.CallLogPort

/** The phone's list of calls. Whatever keeps it from being read is the same answer: null. */
class SystemCallLog(private val context: Context) : CallLogPort {
    override fun maxId(): Long? = read(null, emptyArray(), "${Calls._ID} DESC", 1) { it.getLong(0) }
        ?.let { it.firstOrNull() ?: -1L }

    /** The oldest of them first: whoever remembers how far he has read comes again for the rest. */
    override fun after(id: Long): List<CallLogRow>? =
        read("${Calls._ID} > ?", arrayOf(id.toString()), "${Calls._ID} ASC", MOST, ::row)

    private fun <T> read(
        where: String?,
        values: Array<String>,
        order: String,
        most: Int,
        row: (Cursor) -> T,
    ): List<T>? {
        if (!context.isGranted(Manifest.permission.READ_CALL_LOG)) return null
        val uri = Calls.CONTENT_URI.buildUpon()
            .appendQueryParameter(Calls.LIMIT_PARAM_KEY, most.toString())
            .build()
        return try {
            context.contentResolver.query(uri, COLUMNS, where, values, order)?.use { found ->
                val rows = ArrayList<T>()
                // a vendor's call log may not know the limit
                while (rows.size < most && found.moveToNext()) rows += row(found)
                rows
            }
        } catch (_: SecurityException) {
            null
        } catch (_: SQLException) {
            null
        } catch (_: IllegalArgumentException) {
            null
        }
    }

    private fun row(found: Cursor) = CallLogRow(
        id = found.getLong(0),
        number = found.getString(1).orEmpty(),
        type = found.getInt(2),
        date = found.getLong(3),
        duration = found.getInt(4),
        sim = found.getString(SIM).orEmpty(),
    )

    private companion object {
        const val MOST = 500
        const val SIM = 5
        val COLUMNS =
            arrayOf(Calls._ID, Calls.NUMBER, Calls.TYPE, Calls.DATE, Calls.DURATION, Calls.PHONE_ACCOUNT_ID)
    }
}
