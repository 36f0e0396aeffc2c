package ru.groupprofi.crmprofi.dialer.net

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonPrimitive
import okio.ByteString.Companion.decodeBase64
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.crypto.SealFailed
import ru.groupprofi.crmprofi.dialer.protocol.WireJson
import ru.groupprofi.crmprofi.dialer.protocol.number
import ru.groupprofi.crmprofi.dialer.protocol.text
import ru.groupprofi.crmprofi.dialer.protocol.words
import java.io.IOException
import java.util.zip.CRC32

/** Who is logged in, and with what. The texts never stand in a log. */
data class Login(
    val access: String,
    val refresh: String,
    val username: String,
    val isAdmin: Boolean,
    val server: String,
) {
    val userId: Long get() = claims?.number("user_id", 0L..Long.MAX_VALUE) ?: claims?.text("user_id")?.toLongOrNull()
        ?: 0

    /** The same number at another server is another person; 0 when the token does not say. */
    val personId: Long get() = if (userId == 0L) 0L else (serverMark shl Int.SIZE_BITS) or (userId and WHOLE_INT)

    private val serverMark: Long get() = CRC32().apply { update(server.toByteArray()) }.value and POSITIVE_INT

    /** Seconds since 1970, by the server's clock; 0 when the token does not say. */
    val endsAtS: Long get() = claims?.number("exp", 0L..Long.MAX_VALUE) ?: 0

    private val claims by lazy {
        access.split('.').getOrNull(1)?.decodeBase64()?.utf8()?.let(WireJson::parse)
    }

    override fun toString(): String = "Login($username)"

    private companion object {
        const val WHOLE_INT = 0xffff_ffffL
        const val POSITIVE_INT = 0x7fff_ffffL
    }
}

/** A few bytes that outlive the process; null when there are none. */
interface SecretFile {
    fun read(): ByteArray?

    /** Throws java.io.IOException when the disk is full. */
    fun write(bytes: ByteArray)

    fun delete()
}

/**
 * The log-in, sealed with a key of the phone's key store. There is no plain way beside it: what is damaged is gone, and
 * the person logs in again (D17).
 */
class TokenManager(private val file: SecretFile, private val codec: AesGcmCodec) {
    @Volatile
    private var known: Login? = null

    /** True when there was a log-in that could not be opened: damaged, or the key store was lost. */
    @Volatile
    var wasDamaged: Boolean = false
        private set

    /** The present log-in is newer than the one on the disk, which was full. */
    @Volatile
    var isUnwritten: Boolean = false
        private set

    /** Throws [SealFailed] when the key store cannot open it now: it is kept for later. */
    @Synchronized
    fun load(): Login? {
        val sealed = file.read() ?: return null
        val found = codec.open(sealed, CONTEXT)?.let(::decode)
        if (found == null) {
            wasDamaged = true
            file.delete()
        }
        known = found
        return found
    }

    val current: Login? get() = known

    /** The key store has not answered for too long: as if the log-in were damaged, but the file stays. */
    @Synchronized
    fun giveUp() {
        wasDamaged = true
    }

    /** Throws java.io.IOException when it cannot be written: then nothing has changed. */
    @Synchronized
    fun store(login: Login) {
        file.write(codec.sealAnyhow(encode(login), CONTEXT))
        known = login
        wasDamaged = false
        isUnwritten = false
    }

    /**
     * The server has put [login] in place of [before], which is void from now on: it holds even where the disk is full.
     * False when somebody else is logged in by now, or nobody.
     */
    @Synchronized
    fun renew(before: Login, login: Login): Boolean {
        if (known !== before) return false
        known = login
        isUnwritten = true
        writeAgain()
        return true
    }

    /** What the disk did not take before. */
    @Synchronized
    fun writeAgain() {
        val login = known?.takeIf { isUnwritten } ?: return
        isUnwritten = try {
            file.write(codec.seal(encode(login), CONTEXT))
            false
        } catch (_: IOException) {
            true
        }
    }

    @Synchronized
    fun wipe() {
        known = null
        isUnwritten = false
        file.delete()
    }

    private fun encode(l: Login): String = JsonArray(
        listOf(l.access, l.refresh, l.username, if (l.isAdmin) "1" else "", l.server).map(::JsonPrimitive),
    ).toString()

    private fun decode(text: String): Login? {
        val parts = WireJson.parse("{\"l\":$text}")?.get("l") as? JsonArray ?: return null
        val words = parts.map { (it as? JsonPrimitive)?.content.orEmpty() }
        if (words.size != PARTS || words[0].isEmpty()) return null
        return Login(words[0], words[1], words[2], words[3] == "1", words[4])
    }

    private companion object {
        const val CONTEXT = "login"
        const val PARTS = 5
    }
}

/** What the server answers to a log-in, as a [Login]; null when a token is missing. */
internal fun readLogin(body: String, server: String, username: String): Login? {
    val found = WireJson.parse(body) ?: return null
    val access = found.text("access") ?: return null
    val refresh = found.text("refresh") ?: return null
    val isAdmin = (found["is_admin"] as? JsonPrimitive)?.content == "true"
    return Login(access, refresh, found.words("username").ifEmpty { username }, isAdmin, server)
}
