package ru.groupprofi.crmprofi.dialer.ui.login

import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.net.AddressFault
import ru.groupprofi.crmprofi.dialer.net.ApiResult
import ru.groupprofi.crmprofi.dialer.ui.FakeApplication
import ru.groupprofi.crmprofi.dialer.ui.Phrase

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class, qualifiers = "ru")
class LoginWordsTest {
    private val resources get() = RuntimeEnvironment.getApplication().resources

    private fun said(code: Int, isCode: Boolean = false, word: String = "", detail: String = "", after: Int? = null) =
        LoginWords.of(ApiResult.Error(code, word, detail, after), isCode)

    @Test
    fun `every answer has its words`() {
        assertEquals(Phrase(R.string.login_error_no_answer), said(0, word = "no_answer"))
        assertEquals(Phrase(R.string.login_error_disk), said(0, word = "disk"))
        assertEquals(Phrase(R.string.login_error_password), said(401))
        assertEquals(Phrase(R.string.login_error_code), said(400, isCode = true))
        assertEquals(Phrase(R.string.login_error_request), said(400))
        assertEquals(Phrase(R.string.login_error_refused), said(401, isCode = true))
        assertEquals(Phrase(R.string.login_error_revoked), said(403, word = "device_revoked", detail = "Отключён."))
        assertEquals(Phrase(R.string.login_error_devices), said(409, word = "too_many_devices"))
        assertEquals(Phrase(R.string.login_error_not_crm), said(404))
        assertEquals(Phrase(R.string.login_error_not_crm), said(502, word = "broken"))
        assertEquals(Phrase(R.string.login_error_wait_some), said(429))
    }

    @Test
    fun `numbers stand in the words`() {
        assertEquals("Слишком много попыток. Подождите 21 секунду.", said(429, after = 21).read(resources))
        assertEquals("В CRM неполадка (503). Попробуйте через минуту.", said(503).read(resources))
        assertEquals("CRM ответила отказом (418).", said(418).read(resources))
        assertEquals(
            "CRM не пустила: Только для менеджеров.",
            said(403, detail = "Только для менеджеров.").read(resources),
        )
    }

    @Test
    fun `every fault of an address has its words`() {
        assertEquals(AddressFault.entries.size, AddressFault.entries.map(LoginWords::of).toSet().size)
    }
}
