package ru.groupprofi.crmprofi.dialer.logs

/** The last lines of the log, masked before they are kept, at most [maxBytes] of them. */
class RingLog(private val maxBytes: Int = MAX_BYTES) {
    private val lines = ArrayDeque<String>()
    private var bytes = 0

    @Synchronized
    fun add(line: String) {
        val masked = Mask.text(line).take(MAX_LINE)
        lines.addLast(masked)
        bytes += masked.toByteArray().size + 1
        while (bytes > maxBytes && lines.size > 1) bytes -= lines.removeFirst().toByteArray().size + 1
    }

    /** Everything that is kept, filtered once more, the newest at the end. */
    @Synchronized
    fun bundle(): String = Mask.text(lines.joinToString("\n"))

    @Synchronized
    fun clear() {
        lines.clear()
        bytes = 0
    }

    companion object {
        const val MAX_BYTES = 50 * 1024
        private const val MAX_LINE = 2_000
    }
}
