package ru.groupprofi.crmprofi.dialer.ui

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.runtime.DialerStatus
import ru.groupprofi.crmprofi.dialer.session.Told

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class, qualifiers = "ru")
class StatusWordsTest {
    private val resources get() = RuntimeEnvironment.getApplication().resources

    private fun line(status: DialerStatus) = StatusWords.of(status).line.read(resources)

    private fun details(status: DialerStatus, missing: Int = 0) =
        StatusWords.of(status, missing).details.map { it.read(resources) }

    @Test
    fun `every state has words of its own and a tone`() {
        val lines = Told.entries.map { line(DialerStatus(it)) }
        assertEquals(Told.entries.size, lines.toSet().size)
        assertEquals("На связи с CRM", line(DialerStatus(Told.ONLINE)))
        val tones = Told.entries.associateWith { StatusWords.of(DialerStatus(it)).tone }
        assertEquals(setOf(Told.ONLINE), tones.filterValues { it == Tone.GOOD }.keys)
        assertEquals(setOf(Told.CONNECTING, Told.POLLING), tones.filterValues { it == Tone.WAIT }.keys)
        assertEquals(setOf(Told.SHIFT_OFF), tones.filterValues { it == Tone.OFF }.keys)
    }

    @Test
    fun `nothing to add when all is well`() = assertEquals(emptyList<String>(), details(DialerStatus(Told.ONLINE)))

    @Test
    fun `results that wait are counted in Russian`() {
        val words = listOf(1, 2, 5, 11, 21).map { details(DialerStatus(Told.ONLINE, waiting = it)).single() }
        assertEquals(
            listOf(
                "1 результат ждёт отправки",
                "2 результата ждут отправки",
                "5 результатов ждут отправки",
                "11 результатов ждут отправки",
                "21 результат ждёт отправки",
            ),
            words,
        )
    }

    @Test
    fun `results of another person wait for that person`() {
        val named = DialerStatus(Told.LOG_IN, othersWaiting = 12, othersName = "ivanov")
        assertEquals(listOf("12 результатов ждут, когда войдёт ivanov"), details(named))
        val unnamed = DialerStatus(Told.LOG_IN, othersWaiting = 1)
        assertEquals(listOf("1 результат ждёт, когда войдёт другой сотрудник"), details(unnamed))
    }

    @Test
    fun `everything that is wrong is said at once, the worst first`() {
        val status = DialerStatus(
            Told.SAFE_MODE,
            waiting = 3,
            dead = 1,
            othersWaiting = 2,
            isStuck = true,
            wasDamaged = true,
            wasReset = true,
            isDiskFull = true,
        )
        val words = details(status, missing = 2)
        assertEquals(8, words.size)
        assertTrue(words[0].startsWith("Память телефона заполнена"))
        assertTrue(words[1].startsWith("Приложение трижды закрылось"))
        assertTrue(words[2].startsWith("Сохранённый вход повреждён"))
        assertTrue(words[3].startsWith("База звонков была повреждена"))
        assertTrue(words[4].startsWith("3 результата долго не уходят"))
        assertTrue(words[5].startsWith("1 результат CRM не приняла"))
        assertTrue(words[6].startsWith("2 результата ждут, когда войдёт"))
        assertTrue(words[7].startsWith("2 настройки телефона мешают"))
    }

    @Test
    fun `a key store that does not answer is no damage`() {
        val words = details(DialerStatus(Told.LOG_IN, isLocked = true))
        assertTrue(words.single().startsWith("Хранилище ключей телефона не отвечает"))
    }

    @Test
    fun `a good connection is not good when something else is wrong`() {
        val online = DialerStatus(Told.ONLINE)
        assertEquals(Tone.GOOD, StatusWords.of(online).tone)
        assertEquals(Tone.GOOD, StatusWords.of(online.copy(waiting = 1)).tone)
        assertEquals(Tone.WAIT, StatusWords.of(online, missing = 1).tone)
        assertEquals(Tone.WAIT, StatusWords.of(online.copy(wasReset = true)).tone)
        assertEquals(Tone.BAD, StatusWords.of(online.copy(isDiskFull = true)).tone)
        assertEquals(Tone.BAD, StatusWords.of(online.copy(isStuck = true, waiting = 1)).tone)
        assertEquals(Tone.BAD, StatusWords.of(online.copy(dead = 1)).tone)
    }
}
