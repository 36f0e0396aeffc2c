"""Telephone numbers: what was typed, what it means, what may be dialled.

Normalising keeps three things: the raw text, E.164 and the extension. Rules: docs/architecture.md, «Номера».
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

REGION = "RU"
MAX_RAW = 64
MAX_EXT = 8
RUSSIAN_E164 = 12
MAX_E164 = 16
EMERGENCY = frozenset({"101", "102", "103", "104", "112", "01", "02", "03", "04", "911"})
MIN_DIAL_DIGITS = 5

_EXT = re.compile(r"[\s,;.]*(?:доб(?:авочный)?|вн|внутр|ext|x|#)\.?\s*:?\s*(\d{1,8})\s*$", re.IGNORECASE)
_NUMBER_SPLIT = re.compile(r"[;\n/]|,(?!\s*(?:доб|вн|ext))")
_TRUNK = re.compile(r"\s*[78][\s(.\-]*\(?\d{3,5}[\s).\-]")
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_NO_DIGIT = re.compile(r"[^0-9]")
# how nearly all numbers are written: the library says the same, several times slower
_PLAIN = re.compile(r"(?:\+?7|8)[ (.\-]*[3489](?:[ ().\-]*[0-9]){9}")


@dataclass(frozen=True, slots=True)
class Phone:
    """One number: `raw` as typed (≤ 64), `e164` («+7…» or ''), `ext` (digits or '')."""

    raw: str
    e164: str
    ext: str

    @property
    def digits(self) -> str:
        """Digits for search: of E.164 without «+», else of the raw text."""
        return self.e164.lstrip("+") or only_digits(self.raw)


def clean_text(text: str) -> str:
    """NFKC, without control, bidi and other unseen characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    folded = unicodedata.normalize("NFKC", text)
    if folded.isprintable():  # no unseen character is
        return folded.strip()
    return "".join(c for c in folded if unicodedata.category(c) not in _UNSEEN).strip()


def only_digits(text: str) -> str:
    """The decimal digits of `text` as ASCII."""
    if text.isascii():
        return _NO_DIGIT.sub("", text)
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())


def holds_several(text: str) -> bool:
    """True when the text looks like two or more numbers in one box."""
    cleaned = clean_text(text)
    if not _NUMBER_SPLIT.search(cleaned):
        return False
    return sum(len(only_digits(part)) >= MIN_DIAL_DIGITS for part in _NUMBER_SPLIT.split(cleaned)) > 1


def plain(text: str) -> str:
    """E.164 of a Russian number with its code and nothing around it, else ''; no area code can change that."""
    if len(text) > MAX_RAW or not _PLAIN.fullmatch(text):
        return ""
    return f"+7{_NO_DIGIT.sub('', text)[1:]}"


def normalise(text: str, *, area_code: str = "") -> Phone:
    """What `text` means in Russia; `e164` is '' when it cannot be told.

    `area_code` (digits) completes local numbers of 5–7 digits.
    """
    if e164 := plain(text):
        return Phone(text, e164, "")
    raw = clean_text(clean_text(text)[:MAX_RAW])
    body, ext = raw, ""
    found = _EXT.search(raw)
    if found and only_digits(raw[: found.start()]):
        body, ext = raw[: found.start()], found.group(1)
    return Phone(raw=raw, e164=_e164(body, area_code), ext=ext)


def _e164(body: str, area_code: str) -> str:
    if _PLAIN.fullmatch(body):  # with an extension after it
        return f"+7{only_digits(body)[1:]}"
    return _e164_by_library(body, area_code)


def _e164_by_library(body: str, area_code: str) -> str:
    digits = only_digits(body)
    if holds_several(body) or any(c.isalpha() for c in body):
        return ""
    if _is_local(body, digits) and len(area_code) + len(digits) == 10:
        body = f"+7{area_code}{digits}"
    elif len(digits) < 10:
        return ""
    try:
        number = phonenumbers.parse(body, REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    e164 = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # The library calls shorter and longer numbers of +7 possible; they have ten digits after it.
    if e164.startswith("+7") and len(e164) != RUSSIAN_E164:
        return ""
    # The library calls longer numbers of some countries possible; E.164 ends at 15 digits.
    return e164 if len(e164) <= MAX_E164 else ""


def _is_local(body: str, digits: str) -> bool:
    """A number inside a town: 5–7 digits that do not begin like a trunk prefix with a code («8 343 11…», «+7 86…»)."""
    return 5 <= len(digits) <= 7 and "+" not in body and not _TRUNK.match(body)


def why_not_dialled(text: str, *, area_code: str = "") -> str:
    """A Russian sentence when the number must not be dialled, else ''."""
    raw = clean_text(text)
    if not raw or not only_digits(raw):
        return "Укажите номер телефона."
    if holds_several(text):
        return "Один номер в строке: в этой записи их несколько."
    digits = only_digits(_EXT.sub("", raw))
    if digits in EMERGENCY:
        return "На экстренные номера CRM не звонит."
    if len(digits) < MIN_DIAL_DIGITS:
        return "Слишком короткий номер: нужно не меньше пяти цифр."
    phone = normalise(raw, area_code=area_code)
    if len(raw) > MAX_RAW or not phone.e164:
        return "Номер не распознан. Проверьте, все ли цифры на месте."
    return ""


def national(e164: str, ext: str = "") -> str:
    """«+7 (922) 123-45-67, доб. 12» for people."""
    if e164.startswith("+7") and len(e164) == 12:
        shown = f"+7 ({e164[2:5]}) {e164[5:8]}-{e164[8:10]}-{e164[10:]}"
    elif e164:
        number = phonenumbers.parse(e164, None)
        shown = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    else:
        shown = ""
    return f"{shown}, доб. {ext}" if ext and shown else shown


def search_digits(query: str) -> str:
    """Digits of a typed number for a prefix or tail search: a leading 8 of 11 digits becomes 7."""
    digits = only_digits(query)
    if len(digits) == 11 and digits[0] == "8":
        return "7" + digits[1:]
    return digits


def spellings(e164: str) -> tuple[str, ...]:
    """The digits that people write for `e164`: Russian numbers with 7, with 8, and bare."""
    digits = e164[1:]
    return (digits, "8" + digits[1:], digits[1:]) if e164.startswith("+7") else (digits,)
