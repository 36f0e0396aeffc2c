package ru.groupprofi.crmprofi.dialer.recovery

/**
 * Three crashes within ten minutes end the loop: the application starts without socket, dialling and observer until
 * the person says «Выйти» or a newer version is installed. Moments are milliseconds of the wall clock.
 */
class SafeMode(private val crashes: List<Long> = emptyList(), val version: String = "", val isOn: Boolean = false) {
    fun crashed(at: Long): SafeMode {
        // a clock that was set back makes old crashes look like future ones: they count, which is the careful side
        val recent = (crashes + at).filter { at - it < WINDOW_MS }.takeLast(LIMIT)
        return SafeMode(recent, version, isOn || recent.size >= LIMIT)
    }

    /** The application starts as [installed]: a newer version gets a new chance. */
    fun started(installed: String): SafeMode =
        if (installed == version) this else SafeMode(emptyList(), installed, isOn = false)

    fun left(): SafeMode = SafeMode(emptyList(), version, isOn = false)

    /** As one line to be stored. */
    fun encode(): String = listOf(version, if (isOn) "1" else "0", crashes.joinToString(",")).joinToString("|")

    companion object {
        const val LIMIT = 3
        const val WINDOW_MS = 10 * 60 * 1000L

        /** What [encode] wrote; a damaged line is a fresh start. */
        fun decode(line: String): SafeMode {
            val parts = line.split('|')
            if (parts.size != 3) return SafeMode()
            return SafeMode(parts[2].split(',').mapNotNull(String::toLongOrNull), parts[0], parts[1] == "1")
        }
    }
}
