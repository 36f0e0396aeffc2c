package ru.groupprofi.crmprofi.dialer.net

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class AddressesTest {
    private fun read(typed: String, clearText: Set<String> = emptySet()) =
        when (val answer = ServerAddress.read(typed, clearText)) {
            is AddressAnswer.Good -> answer.address.toString()
            is AddressAnswer.Bad -> answer.fault.name
        }

    @Test
    fun `addresses as people type them`() {
        assertEquals("https://crm.example.com", read("crm.example.com"))
        assertEquals("https://crm.example.com", read(" https://CRM.example.com/login/ "))
        assertEquals("https://crm.example.com:8443", read("crm.example.com:8443"))
        assertEquals("https://xn--e1afmkfd.xn--p1ai", read("пример.рф"))
        for (bad in listOf(
            "ftp://crm.example.com",
            "https://",
            "crm example",
            "https://a:b@crm.example.com",
            "https://crm.example.com/?x=1",
        )) {
            assertEquals("NOT_AN_ADDRESS", read(bad), bad)
        }
        assertEquals("EMPTY", read("  "))
    }

    @Test
    fun `clear text only where it was agreed`() {
        assertEquals("CLEAR_TEXT", read("http://crm.example.com"))
        assertEquals("http://10.0.2.2:8000", read("http://10.0.2.2:8000", setOf("10.0.2.2")))
        assertEquals("CLEAR_TEXT", read("http://10.0.2.2.example.com", setOf("10.0.2.2")))
    }

    @Test
    fun `links and codes`() {
        val link = LoginLink.read("crmprofi://login?server=https%3A%2F%2Fcrm.example.com&token=abc-DEF_123456")
        assertEquals(LoginLink("https://crm.example.com", "abc-DEF_123456"), link)
        assertEquals(LoginLink("", "abc-DEF_123456"), LoginLink.read(" abc-DEF_123456\n"))
        for (bad in listOf(
            "",
            "абв",
            "crmprofi://login?server=x",
            "https://evil.example/?token=abcdef",
            "x".repeat(3_000),
            "crmprofi://login?token=<script>",
        )) {
            assertNull(LoginLink.read(bad), bad)
        }
        assertEquals("LoginLink(https://crm.example.com)", link.toString())
    }
}
