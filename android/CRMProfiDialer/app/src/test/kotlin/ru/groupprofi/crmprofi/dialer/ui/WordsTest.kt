package ru.groupprofi.crmprofi.dialer.ui

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import ru.groupprofi.crmprofi.dialer.R
import ru.groupprofi.crmprofi.dialer.commands.Redial
import ru.groupprofi.crmprofi.dialer.contract.CallDirection
import ru.groupprofi.crmprofi.dialer.contract.CallStatus
import ru.groupprofi.crmprofi.dialer.contract.ResolveMethod
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryRow
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryRows
import ru.groupprofi.crmprofi.dialer.ui.history.HistoryWords
import ru.groupprofi.crmprofi.dialer.ui.onboarding.Vendor
import java.util.TimeZone

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class, qualifiers = "ru")
class WordsTest {
    private val resources get() = RuntimeEnvironment.getApplication().resources
    private val zone: TimeZone get() = TimeZone.getDefault()

    // noon, so that no zone moves it to another day
    private val noon = HistoryRows.dayOf(1_750_000_000_000) + 12 * HOUR
    private val words get() = HistoryWords(resources) { noon }

    @Test
    fun `numbers are written as people write them`() {
        assertEquals("+7 922 000-12-46", PhoneWords.of("+79220001246"))
        assertEquals("+7 922 000-12-46", PhoneWords.of("8 (922) 0001246"))
        assertEquals("+7 495 123-45-67, доб. 12", PhoneWords.of("+7 495 1234567 доб. 12"))
        assertEquals("+4915112345678", PhoneWords.of("+4915112345678"))
        assertEquals("900", PhoneWords.of("900"))
        assertEquals("", PhoneWords.of(""))
    }

    @Test
    fun `durations leave out what is nought`() {
        val said = listOf(0, 45, 60, 64, 3_600, 3_720, 3_725).map { DurationWords.of(it).read(resources) }
        assertEquals(listOf("0 с", "45 с", "1 мин", "1 мин 4 с", "1 ч", "1 ч 2 мин", "1 ч 2 мин"), said)
    }

    @Test
    fun `a row says when, which way, how it ended and how long`() {
        assertEquals("12:00, исходящий, поговорили, 1 мин 4 с", words.what(call(at = noon)))
        assertEquals(
            "12:00, исходящий, не ответили",
            words.what(call(at = noon, status = CallStatus.NO_ANSWER, seconds = 0)),
        )
        val missed = call(at = noon, status = CallStatus.MISSED, seconds = null).copy(direction = CallDirection.MISSED)
        assertEquals("12:00, входящий, пропущен", words.what(missed))
        assertEquals(
            "12:00, звонок, итог неизвестен",
            words.what(call(at = noon, status = CallStatus.UNKNOWN, seconds = null).copy(direction = null)),
        )
    }

    @Test
    fun `a company is named before its number, a hidden number has a word`() {
        assertEquals("ООО Ромашка", words.name(call(title = "ООО Ромашка")))
        assertEquals("+7 922 000-12-46", words.name(call()))
        assertEquals("Номер скрыт", words.name(call(phone = "")))
    }

    @Test
    fun `the details tell of the sending, the method and the note`() {
        val item = call(at = noon, sent = false, title = "ООО Ромашка").copy(
            resolveMethod = ResolveMethod.RETRY,
            attemptsCount = 2,
            outcome = "agreed",
            note = "Ждут счёт",
        )
        val said = words.details(item)
        for (part in listOf(
            "+7 922",
            "Сегодня",
            "не отправлено",
            "Договорились",
            "Ждут счёт",
            "не с первого раза",
            ": 2",
        )) {
            assertTrue("$part in $said", part in said)
        }
    }

    @Test
    fun `calls are grouped by day, with today's figures first`() {
        val day = 24 * HOUR
        val items = listOf(
            call("a", at = noon),
            call("b", at = noon - HOUR, status = CallStatus.NO_ANSWER, seconds = 0),
            call("c", at = noon - day),
            call("d", at = noon - 40 * day),
            call("e", at = noon - 500 * day),
        )
        val rows = HistoryRows.of(items.shuffled(), noon, zone)
        val said = rows.map {
            when (it) {
                is HistoryRow.Today -> words.stats(it.stats)
                is HistoryRow.Day -> words.day(it.start)
                is HistoryRow.Call -> it.item.id
            }
        }
        assertEquals("Сегодня 2 звонка, дозвонов 1 (50 %), разговоры 1 мин 4 с", said[0])
        assertEquals(listOf("Сегодня", "a", "b", "Вчера", "c"), said.subList(1, 6))
        assertEquals(listOf("d", "e"), listOf(said[7], said[9]))
        assertTrue(said[8], said[8].endsWith("2024"))
        assertEquals(emptyList<HistoryRow>(), HistoryRows.of(emptyList(), noon, zone))
        assertEquals(
            "Сегодня звонков ещё не было",
            words.stats((HistoryRows.of(items.takeLast(1), noon, zone)[0] as HistoryRow.Today).stats),
        )
    }

    @Test
    fun `every status and every end of a redial has its words`() {
        assertEquals(CallStatus.entries.size, CallStatus.entries.map(HistoryWords::statusOf).toSet().size)
        assertEquals(Redial.entries.size, Redial.entries.map(RedialWords::of).toSet().size)
    }

    @Test
    fun `makers are told by brand and by manufacturer`() {
        assertEquals(Vendor.XIAOMI, Vendor.of("Xiaomi", "POCO"))
        assertEquals(Vendor.HONOR, Vendor.of("HUAWEI", "HONOR"))
        assertEquals(Vendor.REALME, Vendor.of("OPPO", "realme"))
        assertEquals(Vendor.SAMSUNG, Vendor.of("samsung", "samsung"))
        assertEquals(null, Vendor.of("Google", "google"))
        for (vendor in Vendor.entries) {
            assertTrue(vendor.name, vendor.screens.isNotEmpty())
            val sentences = resources.getString(vendor.guidance).count { it == '.' }
            assertTrue("${vendor.name}: $sentences", sentences in 2..3)
        }
    }

    @Test
    fun `no text is empty`() {
        for (field in R.string::class.java.fields) {
            val words = resources.getString(field.getInt(null))
            assertTrue(field.name, words.isNotBlank())
        }
        for (field in R.plurals::class.java.fields) {
            for (count in listOf(1, 2, 5)) {
                assertTrue(field.name, resources.getQuantityString(field.getInt(null), count).isNotBlank())
            }
        }
    }

    private companion object {
        const val HOUR = 3_600_000L
    }
}
