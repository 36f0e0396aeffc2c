package ru.groupprofi.crmprofi.dialer.ui.history

import android.content.res.ColorStateList
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.ImageButton
import android.widget.ImageView
import android.widget.TextView
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.stats.CallHistoryItem
import ru.groupprofi.crmprofi.dialer.ui.shownIf
import ru.groupprofi.crmprofi.dialer.ui.view

/** Rows of three kinds, each used again when it leaves the screen. */
class HistoryAdapter(
    private val inflater: LayoutInflater,
    private val words: HistoryWords,
    private val opened: (CallHistoryItem) -> Unit,
    private val redial: (CallHistoryItem) -> Unit,
) : BaseAdapter() {
    private class Holder(row: View) {
        val icon: ImageView = row.view(R.id.call_icon)
        val name: TextView = row.view(R.id.call_name)
        val what: TextView = row.view(R.id.call_what)
        val unsent: View = row.view(R.id.call_unsent)
        val redial: ImageButton = row.view(R.id.call_redial)
    }

    var rows: List<HistoryRow> = emptyList()
        set(value) {
            field = value
            notifyDataSetChanged()
        }

    override fun getCount() = rows.size

    override fun getItem(position: Int): HistoryRow = rows[position]

    override fun getItemId(position: Int) = position.toLong()

    override fun getViewTypeCount() = KINDS

    override fun getItemViewType(position: Int) = when (rows[position]) {
        is HistoryRow.Today -> 0
        is HistoryRow.Day -> 1
        is HistoryRow.Call -> 2
    }

    override fun areAllItemsEnabled() = false

    /** A row that can be pressed has its own listeners. */
    override fun isEnabled(position: Int) = false

    override fun getView(position: Int, convertView: View?, parent: ViewGroup): View = when (val row = rows[position]) {
        is HistoryRow.Today -> text(convertView, parent, R.layout.row_stats, words.stats(row.stats))
        is HistoryRow.Day -> text(convertView, parent, R.layout.row_day, words.day(row.start))
        is HistoryRow.Call -> call(convertView, parent, row.item)
    }

    private fun text(used: View?, parent: ViewGroup, layout: Int, text: String): View {
        val view = (used ?: inflater.inflate(layout, parent, false)) as TextView
        view.text = text
        return view
    }

    private fun call(used: View?, parent: ViewGroup, item: CallHistoryItem): View {
        val view = used ?: inflater.inflate(R.layout.row_call, parent, false).also { it.tag = Holder(it) }
        val holder = view.tag as Holder
        holder.icon.setImageResource(HistoryWords.iconOf(item.status))
        holder.icon.imageTintList = ColorStateList.valueOf(view.context.getColor(HistoryWords.colorOf(item.status)))
        holder.name.text = words.name(item)
        holder.what.text = words.what(item)
        holder.unsent.shownIf(!item.sentToCrm)
        holder.redial.shownIf(item.phone.isNotEmpty())
        holder.redial.contentDescription =
            view.resources.getString(R.string.history_redial_to, words.name(item))
        holder.redial.setOnClickListener { redial(item) }
        view.setOnClickListener { opened(item) }
        return view
    }

    private companion object {
        const val KINDS = 3
    }
}
