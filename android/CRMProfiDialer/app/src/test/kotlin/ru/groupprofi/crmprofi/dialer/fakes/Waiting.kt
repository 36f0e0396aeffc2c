package ru.groupprofi.crmprofi.dialer.fakes

import android.os.Looper
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import java.time.Duration

val app: SoftKeyApplication get() = RuntimeEnvironment.getApplication() as SoftKeyApplication

fun grant(vararg permissions: String) = shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(*permissions)

fun revoke(vararg permissions: String) = shadowOf(RuntimeEnvironment.getApplication()).denyPermissions(*permissions)

fun mainIdle() = shadowOf(Looper.getMainLooper()).idle()

fun pass(ms: Long) = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(ms))

/** Lets the main thread and the phone's clock go on until [condition] holds; fails after [limitMs] of real time. */
fun eventually(what: String, limitMs: Long = 20_000, condition: () -> Boolean) {
    val end = System.nanoTime() + limitMs * 1_000_000
    while (!condition()) {
        check(System.nanoTime() < end) { "не дождались: $what" }
        Thread.sleep(10)
        pass(10)
    }
}
