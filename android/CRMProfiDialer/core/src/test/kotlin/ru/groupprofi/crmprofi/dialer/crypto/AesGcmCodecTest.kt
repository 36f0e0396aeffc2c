package ru.groupprofi.crmprofi.dialer.crypto

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.security.ProviderException
import java.security.SecureRandom
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
    fun `a key store that fails seals nothing and opens nothing`() {
        val broken = AesGcmCodec({ throw ProviderException("keystore") })
        assertThrows(SealFailed::class.java) { broken.seal("x", "y") }
        assertNull(broken.open(ByteArray(40), "y"))
    }
}
