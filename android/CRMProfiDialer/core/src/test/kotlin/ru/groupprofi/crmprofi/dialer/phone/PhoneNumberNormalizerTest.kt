package ru.groupprofi.crmprofi.dialer.phone

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class PhoneNumberNormalizerTest {
    private fun e164(text: String) = PhoneNumberNormalizer.normalize(text).e164

    @Test
    fun `eight becomes plus seven`() = assertEquals("+73430004567", e164("8 (343) 000-45-67"))

    @Test
    fun `plus seven stays`() = assertEquals("+73430004567", e164("+7 343 000 45 67"))

    @Test
    fun `seven gets its plus`() = assertEquals("+73430004567", e164("7343-000-45-67"))

    @Test
    fun `ten digits are national`() = assertEquals("+79220000001", e164("9220000001"))

    @Test
    fun `extension is kept apart`() {
        val found = PhoneNumberNormalizer.normalize("+7 343 000-45-67, доб. 12")
        assertEquals("+73430004567" to "12", found.e164 to found.extension)
        assertEquals("5", PhoneNumberNormalizer.normalize("343 000 45 67 вн. 5").extension)
    }

    @Test
    fun `other countries need a plus or eight ten`() {
        assertEquals("+4930901820", e164("8 10 49 30 901820"))
        assertEquals("+4930901820", e164("+49 30 901820"))
        assertEquals("", e164("4930901820000"))
    }

    @Test
    fun `cut, overlong and lettered numbers are not understood`() {
        for (text in listOf("", "8 343 112", "+7861112", "84951120000000", "12345", "call me", "+7 922 000-00-0A")) {
            assertEquals("", e164(text), text)
        }
    }

    @Test
    fun `several numbers in one box are not understood`() = assertEquals("", e164("+7 922 000-00-01; +7 922 000-00-02"))

    @Test
    fun `the server's own vectors`() {
        val file = File(System.getProperty("crm.frames"), "../vectors/phones.json")
        val numbers = Json.parseToJsonElement(file.readText()).jsonObject.getValue("numbers").jsonArray
        assertTrue(numbers.size > 20)
        for (vector in numbers.map { it.jsonArray.map { word -> word.jsonPrimitive.content } }) {
            val (typed, meant, extension) = vector
            val found = PhoneNumberNormalizer.normalize(typed)
            assertEquals(meant to extension, found.e164 to found.extension, typed)
        }
    }

    @Test
    fun `two spellings of one number are one`() {
        assertTrue(PhoneNumberNormalizer.isSame("8 (343) 000-45-67", "+73430004567"))
        assertFalse(PhoneNumberNormalizer.isSame("+73430004567", "+73430004568"))
        assertTrue(PhoneNumberNormalizer.isSame("0890", "08 90"))
        assertFalse(PhoneNumberNormalizer.isSame("", ""))
        assertFalse(PhoneNumberNormalizer.isSame("430004567", "+73430004567"))
    }

    @Test
    fun `unseen signs are taken away`() = assertEquals("+73430004567", e164("\u202d+7 343 000-45-67\u202c\u0000"))
}

class SafeNumberTest {
    @Test
    fun `what may be dialled by itself`() {
        for (number in listOf("+7 (922) 000-00-01", "89220000001", "+4930901820")) {
            assertEquals(DialSafety.SAFE, SafeNumber.judge(number), number)
        }
    }

    @Test
    fun `control codes, letters and emergency numbers never`() {
        val never = listOf(
            "*#06#", "*100#", "+7922000,1", "7922;1", "79220000001w1", "79220000001p1", "tel:+79220000001", "",
            "112", "01", "04", "101", "104", "911", "1-1-2", "٠٩١٢٣٤٥", "９２２００００００１", "+", "1234", "+1234567890123456",
        )
        for (number in never) assertEquals(DialSafety.NEVER, SafeNumber.judge(number), number)
        assertEquals(DialSafety.NEVER, SafeNumber.judge("110110") { it == "110110" })
    }

    @Test
    fun `short, satellite, premium and own numbers are asked`() {
        for (number in listOf("12345", "123456", "+78031234567", "88091234567", "78031234567", "+8811234567890")) {
            assertEquals(DialSafety.ASK, SafeNumber.judge(number), number)
        }
        assertEquals(DialSafety.ASK, SafeNumber.judge("89220000001", own = "+79220000001"))
    }
}
