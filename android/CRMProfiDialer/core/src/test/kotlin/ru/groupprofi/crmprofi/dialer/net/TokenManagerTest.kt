package ru.groupprofi.crmprofi.dialer.net

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import ru.groupprofi.crmprofi.dialer.crypto.SealFailed
import java.io.IOException
import java.security.ProviderException
import javax.crypto.spec.SecretKeySpec

class TokenManagerTest {
    private val key = SecretKeySpec(ByteArray(32), "AES")
    private val file = MemoryFile()
    private val login = Login(jwt(7), "refresh \"1\"", "ivanov", true, "https://crm.example.com")

    private fun manager(key: SecretKeySpec = this.key) = TokenManager(file, AesGcmCodec({ key }))

    @Test
    fun `survives the process, sealed`() {
        manager().store(login)
        assertFalse("ivanov" in String(file.bytes!!, Charsets.ISO_8859_1))
        assertEquals(login, manager().load())
        assertEquals("Login(ivanov)", login.toString())
    }

    @Test
    fun `every damaged byte asks for a new log-in, and nothing plain is left`() {
        manager().store(login)
        val whole = file.bytes!!
        for (at in whole.indices) {
            file.bytes = whole.copyOf().also { it[at] = (it[at] + 1).toByte() }
            val again = manager()
            assertNull(again.load())
            assertTrue(again.wasDamaged)
            assertNull(file.bytes)
        }
        for (length in 0 until whole.size) {
            file.bytes = whole.copyOf(length)
            assertNull(manager().load(), "$length")
        }
    }

    @Test
    fun `the key store was lost`() {
        manager().store(login)
        val again = manager(SecretKeySpec(ByteArray(32) { 1 }, "AES"))
        assertNull(again.load())
        assertTrue(again.wasDamaged)
        again.store(login)
        assertFalse(again.wasDamaged)
    }

    @Test
    fun `a full disk changes nothing`() {
        val tokens = manager()
        tokens.store(login)
        file.isFull = true
        assertThrows(IOException::class.java) { tokens.store(login.copy(access = jwt(8))) }
        assertEquals(login, tokens.current)
        tokens.wipe()
        assertNull(tokens.current ?: manager().load())
    }

    @Test
    fun `a key store that does not answer now loses nothing`() {
        manager().store(login)
        var isLocked = true
        val tokens = TokenManager(file, AesGcmCodec({ if (isLocked) throw ProviderException("keystore") else key }))
        assertThrows(SealFailed::class.java) { tokens.load() }
        assertNull(tokens.current)
        assertFalse(tokens.wasDamaged)
        isLocked = false
        assertEquals(login, tokens.load())
    }

    @Test
    fun `a renewed log-in holds on a full disk, and is written when it can be`() {
        val tokens = manager()
        tokens.store(login)
        val renewed = login.copy(access = jwt(7, "renewed"), refresh = "refresh 2")
        file.isFull = true
        assertTrue(tokens.renew(login, renewed))
        assertEquals(renewed to true, tokens.current to tokens.isUnwritten)
        assertEquals(login, manager().load())
        tokens.writeAgain()
        assertTrue(tokens.isUnwritten)
        file.isFull = false
        tokens.writeAgain()
        assertEquals(renewed to false, manager().load() to tokens.isUnwritten)
    }

    @Test
    fun `a renewal that comes after somebody else, or after the log-out, is nobody's`() {
        val tokens = manager()
        tokens.store(login)
        val other = login.copy(access = jwt(8), username = "petrov")
        tokens.store(other)
        assertFalse(tokens.renew(login, login.copy(refresh = "late")))
        assertEquals(other, tokens.current)
        tokens.wipe()
        assertFalse(tokens.renew(other, other.copy(refresh = "late")))
        assertNull(tokens.current ?: manager().load())
    }

    @Test
    fun `the same number at another server is another person`() {
        val elsewhere = login.copy(server = "https://other.example.com")
        assertEquals(login.userId, elsewhere.userId)
        assertFalse(login.personId == elsewhere.personId)
        assertEquals(login.personId, login.copy(access = jwt(7, "renewed")).personId)
        assertTrue(login.personId > 0)
    }

    @Test
    fun `tokens that are none have no person`() {
        for (odd in listOf("", "a", "a.b.c", "..", "a.bm90IGpzb24.c")) {
            assertEquals(0L to 0L, login.copy(access = odd).let { it.userId to it.endsAtS }, odd)
        }
    }
}
