package ru.groupprofi.crmprofi.dialer.ui

import android.app.AlertDialog
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.ListView
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryAdapter
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryRows
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryWords

/** The calls by day, with today's figures on top. */
class CallsHistoryActivity : ScreenActivity() {
    private val words by lazy { HistoryWords(resources) }
    private val adapter by lazy { HistoryAdapter(layoutInflater, words, ::open, ::redial) }
    private var loading: Job? = null
    private var dialog: AlertDialog? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_history)
        header(R.string.history_title)
        view<ListView>(R.id.history_list).adapter = adapter
    }

    override fun onDestroy() {
        dialog?.dismiss()
        super.onDestroy()
    }

    /** Whatever was sent or has ended shows in a row. */
    override fun changed(status: DialerStatus) {
        if (loading?.isActive == true) return
        loading = scope.launch {
            val rows = HistoryRows.of(port.recent(MOST), System.currentTimeMillis())
            adapter.rows = rows
            view<View>(R.id.history_empty).shownIf(rows.isEmpty())
        }
    }

    private fun open(item: CallHistoryItem) {
        val builder = AlertDialog.Builder(this)
            .setTitle(words.name(item))
            .setMessage(words.details(item))
            .setNegativeButton(R.string.history_note) { _, _ ->
                startActivity(Intent(this, NoteActivity::class.java).putExtra(NoteActivity.HISTORY_ID, item.id))
            }
            .setNeutralButton(R.string.close, null)
        if (item.phone.isNotEmpty()) builder.setPositiveButton(R.string.history_redial) { _, _ -> redial(item) }
        dialog = builder.show()
    }

    private fun redial(item: CallHistoryItem) {
        scope.launch {
            val redial = port.redial(item.id)
            if (redial == Redial.UNSAFE) askByHand(item) else say(RedialWords.of(redial))
        }
    }

    private fun askByHand(item: CallHistoryItem) {
        dialog = AlertDialog.Builder(this)
            .setTitle(words.number(item))
            .setMessage(R.string.redial_unsafe)
            .setPositiveButton(R.string.redial_by_hand) { _, _ -> dialByHand(item.phone) }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private companion object {
        const val MOST = 500
    }
}
