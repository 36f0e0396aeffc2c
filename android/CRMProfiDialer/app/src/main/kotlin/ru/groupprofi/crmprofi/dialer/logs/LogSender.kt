package ru.groupprofi.crmprofi.dialer.logs

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import ru.groupprofi.crmprofi.dialer.runtime.Dialer

/** «Отправить журнал»: it goes into the queue, so it arrives when there is a network. */
class LogSender(
    private val scope: CoroutineScope,
    private val collector: LogCollector,
    private val dialer: Dialer,
    private val isLoggedIn: () -> Boolean,
    private val io: CoroutineDispatcher = Dispatchers.IO,
) {
    /** [done] is told on the main thread; false when nobody is logged in, for whom it could be sent. */
    fun send(done: (Boolean) -> Unit) {
        scope.launch {
            if (!isLoggedIn()) return@launch done(false)
            withContext(io) { collector.collect() }
            dialer.sendLogs()
            done(true)
        }
    }
}
