package ru.groupprofi.crmprofi.dialer.e2e

import java.io.Closeable
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.SocketException
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** The line between a phone and a server, that can be cut; [target] is the server's port. */
class Wire(@Volatile var target: Int) : Closeable {
    private val door = ServerSocket(0, 100, InetAddress.getLoopbackAddress())
    private val pairs = CopyOnWriteArrayList<Pair<Socket, Socket>>()

    @Volatile
    var isDown = false
        set(value) {
            field = value
            if (value) cut()
        }

    val url = "http://127.0.0.1:${door.localPort}"

    init {
        thread(isDaemon = true, name = "wire") { listen() }
    }

    /** Every connection ends now, without a word; new ones may come. */
    fun cut() {
        for ((one, other) in pairs) {
            quietly { one.close() }
            quietly { other.close() }
        }
        pairs.clear()
    }

    override fun close() {
        quietly { door.close() }
        cut()
    }

    private fun listen() {
        while (true) {
            val phone = try {
                door.accept()
            } catch (_: SocketException) {
                return
            }
            if (isDown) {
                quietly { phone.close() }
                continue
            }
            try {
                val server = Socket(InetAddress.getLoopbackAddress(), target)
                pairs += phone to server
                pump(phone, server)
                pump(server, phone)
            } catch (_: IOException) {
                quietly { phone.close() }
            }
        }
    }

    private fun pump(from: Socket, to: Socket) = thread(isDaemon = true, name = "wire") {
        val bytes = ByteArray(16_384)
        try {
            while (true) {
                val count = from.getInputStream().read(bytes)
                if (count < 0) break
                to.getOutputStream().write(bytes, 0, count)
                to.getOutputStream().flush()
            }
        } catch (_: IOException) {
            // either end is gone
        }
        quietly { from.close() }
        quietly { to.close() }
    }

    private fun quietly(act: () -> Unit) = try {
        act()
    } catch (_: IOException) {
        // it was closed already
    }
}
