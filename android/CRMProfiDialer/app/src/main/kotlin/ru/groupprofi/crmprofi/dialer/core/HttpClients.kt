package ru.groupprofi.crmprofi.dialer.core

import android.content.Context
import android.content.pm.ApplicationInfo
import okhttp3.OkHttpClient
import ru.groupprofi.crmprofi.dialer.net.AuthInterceptor
import ru.groupprofi.crmprofi.dialer.net.SafeHttpLoggingInterceptor
import ru.groupprofi.crmprofi.dialer.net.TelemetryInterceptor
import ru.groupprofi.crmprofi.dialer.net.TokenManager
import ru.groupprofi.crmprofi.dialer.platform.LastHeard
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import java.util.concurrent.TimeUnit

/** The one client: requests end after fifteen seconds, the socket lives as long as the server is heard. */
internal fun httpClient(
    context: Context,
    tokens: TokenManager,
    telemetry: Telemetry,
    last: LastHeard,
    log: (String) -> Unit,
): OkHttpClient {
    val made = OkHttpClient.Builder()
        .addInterceptor(AuthInterceptor { tokens.current })
        .addInterceptor(TelemetryInterceptor(telemetry))
        .addInterceptor(last)
        .callTimeout(CALL_S, TimeUnit.SECONDS)
        .readTimeout(0, TimeUnit.SECONDS)
    val isDebug = context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0
    if (isDebug) made.addInterceptor(SafeHttpLoggingInterceptor(log))
    return made.build()
}

private const val CALL_S = 15L
