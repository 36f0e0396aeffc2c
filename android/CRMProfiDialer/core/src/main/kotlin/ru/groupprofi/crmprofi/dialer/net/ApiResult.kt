package ru.groupprofi.crmprofi.dialer.net

/** What came of a request. */
sealed interface ApiResult<out T> {
    data class Success<T>(val value: T) : ApiResult<T>

    /** [code] is HTTP's, 0 for no answer; [detail] the server's words to the person, empty where there are none. */
    data class Error(val code: Int, val word: String = "", val detail: String = "", val retryAfterS: Int? = null) :
        ApiResult<Nothing> {
        val isNoAnswer: Boolean get() = code == 0
    }
}

inline fun <T, R> ApiResult<T>.map(change: (T) -> R): ApiResult<R> = when (this) {
    is ApiResult.Success -> ApiResult.Success(change(value))
    is ApiResult.Error -> this
}

/** HTTP's number of an answer, 200 for a good one. */
val ApiResult<*>.code: Int get() = (this as? ApiResult.Error)?.code ?: 200
