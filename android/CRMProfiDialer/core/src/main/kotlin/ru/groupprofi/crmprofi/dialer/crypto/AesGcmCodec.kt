package ru.groupprofi.crmprofi.dialer.crypto

import java.io.IOException
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.security.SecureRandom
import javax.crypto.BadPaddingException
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** The key store does not do its work: what was to be sealed may not be kept, what is sealed may open later. */
class SealFailed(cause: Throwable) : IOException("the key store failed", cause)

/**
 * AES-GCM of texts: twelve bytes of nonce, the cipher text, sixteen bytes of tag. [renew] makes another key in place of
 * one that does not work any more: what the old one sealed is lost.
 */
class AesGcmCodec(
    private val key: () -> SecretKey,
    private val random: SecureRandom? = SecureRandom(),
    private val renew: () -> Unit = {},
    private val patienceMs: Long = 5_000,
) {
    /**
     * [context] is bound to the text: it opens only with the same one. With no [random] the provider makes the nonce.
     * Throws [SealFailed] when the key store does not do its work.
     */
    fun seal(text: String, context: String): ByteArray = patiently { sealed(text, context) }

    /** For a moment when the person is there to begin anew: another key, when the present one fails for seconds. */
    fun sealAnyhow(text: String, context: String): ByteArray {
        val end = System.nanoTime() + patienceMs * NANOS
        while (true) {
            try {
                return seal(text, context)
            } catch (_: SealFailed) {
                if (System.nanoTime() >= end) break
            }
        }
        patiently { renew() }
        return seal(text, context)
    }

    private fun sealed(text: String, context: String): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        val nonce = random?.let { ByteArray(NONCE).also(it::nextBytes) }
        if (nonce == null) {
            cipher.init(Cipher.ENCRYPT_MODE, key())
        } else {
            cipher.init(Cipher.ENCRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, nonce))
        }
        cipher.updateAAD(context.toByteArray())
        return cipher.iv + cipher.doFinal(text.toByteArray())
    }

    /**
     * Null when the bytes are damaged, of another key, or of another context. Throws [SealFailed] when nobody can say:
     * the bytes may still be good.
     */
    fun open(sealed: ByteArray, context: String): String? {
        if (sealed.size < NONCE + TAG_BITS / Byte.SIZE_BITS) return null
        return try {
            patiently { opened(sealed, context) }
        } catch (failed: SealFailed) {
            if (failed.cause is BadPaddingException) null else throw failed
        }
    }

    private fun opened(sealed: ByteArray, context: String): String {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
        cipher.updateAAD(context.toByteArray())
        return String(cipher.doFinal(sealed, NONCE, sealed.size - NONCE))
    }

    /** A key store that is restarted answers again in a moment; a wrong tag stays wrong. */
    private fun <T> patiently(act: () -> T): T {
        var tries = 0
        while (true) {
            val error = try {
                return act()
            } catch (error: GeneralSecurityException) {
                error
            } catch (error: ProviderException) {
                error
            }
            if (error is BadPaddingException || ++tries == TRIES) throw SealFailed(error)
            Thread.sleep(PAUSE_MS)
        }
    }

    private companion object {
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val NONCE = 12
        const val TAG_BITS = 128
        const val TRIES = 3
        const val PAUSE_MS = 50L
        const val NANOS = 1_000_000L
    }
}
