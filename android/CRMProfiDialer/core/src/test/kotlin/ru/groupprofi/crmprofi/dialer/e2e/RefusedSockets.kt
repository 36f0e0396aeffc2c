package ru.groupprofi.crmprofi.dialer.e2e

import ru.groupprofi.crmprofi.dialer.net.ServerAddress
import ru.groupprofi.crmprofi.dialer.net.Socket
import ru.groupprofi.crmprofi.dialer.net.SocketEars
import ru.groupprofi.crmprofi.dialer.net.SocketMaker
import kotlin.concurrent.thread

/** A network that lets no socket through. */
object RefusedSockets : SocketMaker {
    override fun open(gen: Int, server: ServerAddress, ears: SocketEars): Socket {
        thread { ears.closed(gen, 1006) }
        return object : Socket {
            override fun send(text: String) = false

            override fun close(code: Int) = Unit
        }
    }
}
