package ru.groupprofi.crmprofi.dialer.crypto

import java.io.IOException
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** Nothing was sealed, and so nothing may be kept. */
class SealFailed(cause: Throwable) : IOException("the key store failed", cause)

/** AES-GCM of texts: twelve bytes of nonce, the cipher text, sixteen bytes of tag. */
class AesGcmCodec(private val key: () -> SecretKey, private val random: SecureRandom? = SecureRandom()) {
    /**
     * [context] is bound to the text: it opens only with the same one. With no [random] the provider makes the nonce.
     * Throws [SealFailed] when the key store does not do its work.
     */
    fun seal(text: String, context: String): ByteArray = try {
        sealed(text, context)
    } catch (error: GeneralSecurityException) {
        throw SealFailed(error)
    } catch (error: ProviderException) {
        throw SealFailed(error)
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

    /** Null when the bytes are damaged, of another key, or of another context. */
    fun open(sealed: ByteArray, context: String): String? {
        if (sealed.size < NONCE + TAG_BITS / Byte.SIZE_BITS) return null
        return try {
            val cipher = Cipher.getInstance(TRANSFORMATION)
            cipher.init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
            cipher.updateAAD(context.toByteArray())
            String(cipher.doFinal(sealed, NONCE, sealed.size - NONCE))
        } catch (_: GeneralSecurityException) {
            null
        } catch (_: ProviderException) {
            null
        }
    }

    private companion object {
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val NONCE = 12
        const val TAG_BITS = 128
    }
}
