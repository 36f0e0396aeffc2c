package ru.groupprofi.crmprofi.dialer.crypto

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.security.ProviderException
import java.security.SecureRandom
import java.security.UnrecoverableKeyException
import javax.crypto.spec.SecretKeySpec

class AesGcmCodecTest {
    private fun key(fill: Int) = SecretKeySpec(ByteArray(32) { fill.toByte() }, "AES")

    private val codec = AesGcmCodec({ key(1) })

    @Test
    fun `what was sealed opens`() {
        for (text in listOf("", "{\"phone\":\"+70005550101\"}", "я".repeat(50_000))) {
            assertEquals(text, codec.open(codec.seal(text, "queue:1"), "queue:1"))
        }
        val byProvider = AesGcmCodec({ key(1) }, random = null)
        assertEquals("x", codec.open(byProvider.seal("x", "c"), "c"))
    }

    @Test
    fun `damaged, cut, of another key or another row does not`() {
        val sealed = codec.seal("secret", "queue:1")
        assertNull(codec.open(sealed, "queue:2"))
        assertNull(AesGcmCodec({ key(2) }).open(sealed, "queue:1"))
        assertNull(codec.open(sealed.copyOf(20), "queue:1"))
        for (at in sealed.indices) {
            val damaged = sealed.copyOf().also { it[at] = (it[at].toInt() xor 1).toByte() }
            assertNull(codec.open(damaged, "queue:1"), "byte $at")
        }
    }

    @Test
    fun `one text is sealed differently each time`() {
        assertFalse(codec.seal("a", "c").contentEquals(codec.seal("a", "c")))
        assertFalse("secret" in String(codec.seal("secret", "c"), Charsets.ISO_8859_1))
        assertEquals(12 + 1 + 16, AesGcmCodec({ key(1) }, SecureRandom()).seal("a", "c").size)
    }

    @Test
    fun `a key store that fails seals nothing and calls nothing damaged`() {
        val broken = AesGcmCodec({ throw ProviderException("keystore") })
        assertThrows(SealFailed::class.java) { broken.seal("x", "y") }
        assertThrows(SealFailed::class.java) { broken.open(codec.seal("x", "y"), "y") }
        assertNull(broken.open(ByteArray(20), "y"), "too short to be anything")
    }

    @Test
    fun `a key store that is restarted is asked again`() {
        var failures = 2
        val slow = AesGcmCodec({ if (failures-- > 0) throw UnrecoverableKeyException("busy") else key(1) })
        val sealed = slow.seal("x", "y")
        failures = 2
        assertEquals("x", slow.open(sealed, "y"))
        failures = 3
        assertThrows(SealFailed::class.java) { slow.open(sealed, "y") }
    }

    @Test
    fun `another key only when it is asked for, and the first one fails`() {
        var now: SecretKeySpec? = key(1)
        val lose = { now ?: throw UnrecoverableKeyException("lost") }
        val store = AesGcmCodec(lose, renew = { now = key(2) }, patienceMs = 0)
        val sealed = store.sealAnyhow("x", "y")
        assertEquals("x", codec.open(sealed, "y"))
        now = null
        assertThrows(SealFailed::class.java) { store.seal("x", "y") }
        assertEquals("z", AesGcmCodec({ key(2) }).open(store.sealAnyhow("z", "y"), "y"))
        now = null
        assertThrows(SealFailed::class.java) { AesGcmCodec(lose, patienceMs = 0).sealAnyhow("x", "y") }
        var tries = 0
        val back = AesGcmCodec({ if (++tries < 5) throw UnrecoverableKeyException("busy") else key(1) }, renew = {
            error("a key that comes back is kept")
        })
        assertEquals("x", codec.open(back.sealAnyhow("x", "y"), "y"))
    }
}
