package ru.groupprofi.crmprofi.dialer.ui

import android.os.Bundle
import android.text.Editable
import android.text.TextWatcher
import android.widget.Button
import android.widget.EditText
import android.widget.RadioGroup
import android.widget.TextView
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryWords

/** How the call ended and what was said; kept on the phone and sent to the CRM after the call's result. */
class NoteActivity : ScreenActivity() {
    private val text get() = view<EditText>(R.id.note_text)
    private val outcomes get() = view<RadioGroup>(R.id.note_outcomes)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_note)
        header(R.string.note_screen_title)
        text.addTextChangedListener(Counter())
        count()
        view<Button>(R.id.note_save).setOnClickListener { save() }
        val isNew = savedInstanceState == null
        scope.launch {
            val item = port.recent(MOST_CALLS).firstOrNull { it.id == intent.getStringExtra(HISTORY_ID) }
            if (item == null) gone() else show(item, isNew)
        }
    }

    /** A draft is not overwritten by what was saved before. */
    private fun show(item: CallHistoryItem, isNew: Boolean) {
        val words = HistoryWords(resources)
        view<TextView>(R.id.note_call).text = getString(R.string.note_call, words.name(item), words.what(item))
        if (!isNew || text.text.isNotEmpty() || outcomes.checkedRadioButtonId != NONE) return
        text.setText(item.note)
        Outcome.entries.firstOrNull { it.word == item.outcome }?.let { outcomes.check(it.button) }
    }

    private fun gone() {
        say(R.string.note_gone)
        finish()
    }

    private fun save() {
        val outcome = Outcome.entries.firstOrNull { it.button == outcomes.checkedRadioButtonId }
        val words = text.text.toString().trim()
        if (outcome == null && words.isEmpty()) return say(R.string.note_nothing)
        port.note(intent.getStringExtra(HISTORY_ID).orEmpty(), outcome?.word.orEmpty(), words)
        say(R.string.note_saved)
        finish()
    }

    private fun count() {
        view<TextView>(R.id.note_counter).text = getString(R.string.note_counter, text.length(), MOST_SIGNS)
    }

    private inner class Counter : TextWatcher {
        override fun beforeTextChanged(s: CharSequence?, start: Int, count: Int, after: Int) = Unit

        override fun onTextChanged(s: CharSequence?, start: Int, before: Int, count: Int) = Unit

        override fun afterTextChanged(s: Editable?) = count()
    }

    companion object {
        const val HISTORY_ID = "history_id"
        private const val MOST_CALLS = 500
        private const val MOST_SIGNS = 2_000
        private const val NONE = -1
    }
}
