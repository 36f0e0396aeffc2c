package ru.groupprofi.crmprofi.dialer.platform

import android.util.AtomicFile
import ru.groupprofi.crmprofi.dialer.net.SecretFile
import java.io.File
import java.io.IOException

/** A small file that is either the old one or the new one, whatever happens in between. */
class PrivateFile(file: File) : SecretFile {
    private val atomic = AtomicFile(file)

    override fun read(): ByteArray? = try {
        atomic.readFully()
    } catch (_: IOException) {
        null
    }

    override fun write(bytes: ByteArray) {
        val out = atomic.startWrite()
        try {
            out.write(bytes)
            atomic.finishWrite(out)
        } catch (error: IOException) {
            atomic.failWrite(out)
            throw error
        }
    }

    override fun delete() = atomic.delete()
}
