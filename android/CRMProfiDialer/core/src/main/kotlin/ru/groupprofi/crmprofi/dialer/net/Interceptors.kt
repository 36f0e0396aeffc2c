package ru.groupprofi.crmprofi.dialer.net

import okhttp3.Interceptor
import okhttp3.Response
import ru.groupprofi.crmprofi.dialer.telemetry.Telemetry
import java.io.IOException

/** Puts the access token on every request to our server: of the [Login] it is tagged with, or of the moment. */
class AuthInterceptor(private val login: () -> Login?) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val request = chain.request()
        val known = request.tag(Login::class.java) ?: login()
        if (request.header("Authorization") != null || request.tag(Anonymous::class.java) != null || known == null) {
            return chain.proceed(request)
        }
        return chain.proceed(request.newBuilder().header("Authorization", "Bearer ${known.access}").build())
    }

    /** The tag of a request that nobody is named in. */
    object Anonymous
}

/** Measures every request: path without the query, code, milliseconds. */
class TelemetryInterceptor(private val telemetry: Telemetry, private val nanos: () -> Long = System::nanoTime) :
    Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val path = chain.request().url.encodedPath
        val began = nanos()
        try {
            val response = chain.proceed(chain.request())
            telemetry.request(path, response.code, (nanos() - began) / NANOS)
            return response
        } catch (error: IOException) {
            telemetry.request(path, 0, (nanos() - began) / NANOS)
            throw error
        }
    }

    private companion object {
        const val NANOS = 1_000_000L
    }
}

/** For debug builds: method, path, code and time. No query, no header, no body. */
class SafeHttpLoggingInterceptor(private val log: (String) -> Unit, private val nanos: () -> Long = System::nanoTime) :
    Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val request = chain.request()
        val began = nanos()
        val what = "${request.method} ${request.url.encodedPath}"
        try {
            val response = chain.proceed(request)
            log("$what → ${response.code}, ${(nanos() - began) / NANOS} мс")
            return response
        } catch (error: IOException) {
            log("$what → ${error.javaClass.simpleName}, ${(nanos() - began) / NANOS} мс")
            throw error
        }
    }

    private companion object {
        const val NANOS = 1_000_000L
    }
}
