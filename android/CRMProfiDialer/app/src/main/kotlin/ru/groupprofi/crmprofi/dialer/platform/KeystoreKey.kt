package ru.groupprofi.crmprofi.dialer.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import ru.groupprofi.crmprofi.dialer.crypto.AesGcmCodec
import java.security.KeyStore
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey

/** What seals the log-in and the queue; [isOfKeyStore] is false only for the software key of tests. */
class Seal(val codec: AesGcmCodec, val isOfKeyStore: Boolean)

/** The key that never leaves the phone's key store. It makes every nonce by itself. */
object KeystoreKey {
    private const val STORE = "AndroidKeyStore"
    private const val ALIAS = "crmprofi.dialer"
    private const val BITS = 256

    fun seal() = Seal(AesGcmCodec(::key, random = null, renew = ::renew), isOfKeyStore = true)

    /**
     * A key that the system has made void is replaced: what it sealed is lost, and the person logs in again. Whatever
     * else the store says may be another in a moment, so the key stays until the person logs in anew.
     */
    @Synchronized
    private fun key(): SecretKey {
        val store = store()
        val known = try {
            store.getKey(ALIAS, null) as? SecretKey
        } catch (_: KeyPermanentlyInvalidatedException) {
            store.deleteEntry(ALIAS)
            null
        }
        return known ?: made()
    }

    @Synchronized
    private fun renew() {
        store().deleteEntry(ALIAS)
        made()
    }

    private fun store() = KeyStore.getInstance(STORE).apply { load(null) }

    private fun made(): SecretKey {
        val use = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(ALIAS, use)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(BITS)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, STORE).apply { init(spec) }.generateKey()
    }
}
