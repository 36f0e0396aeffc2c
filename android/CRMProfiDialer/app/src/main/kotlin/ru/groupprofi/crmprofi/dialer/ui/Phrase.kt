package ru.groupprofi.crmprofi.dialer.ui

import android.content.res.Resources

/** A text of the resources that is not read yet; with [count] it is a plural. */
data class Phrase(val id: Int, val args: List<Any> = emptyList(), val count: Int? = null) {
    @Suppress("SpreadOperator")
    fun read(resources: Resources): String {
        val all = args.toTypedArray()
        return if (count == null) resources.getString(id, *all) else resources.getQuantityString(id, count, *all)
    }

    companion object {
        /** A plural whose first argument is its own number. */
        fun counted(id: Int, count: Int, vararg more: Any) = Phrase(id, listOf<Any>(count) + more, count)
    }
}
