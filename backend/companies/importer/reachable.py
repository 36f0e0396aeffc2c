"""Phones and e-mails out of a cell where people wrote several, with words around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import phonenumbers

from common import emails, phones
from companies.importer.cells import clean, plain
from companies.importer.problems import Problems
from companies.importer.values import comma_split, hard_split, is_broken
from companies.importer.wire import Cell

# What a card can hold and what it calls its numbers; a test compares.
MAX_PER_HOLDER = 20
MAX_COMMENT = 255
WORK, WORK_DIRECT, MOBILE, HOME, FAX = "work", "work_direct", "mobile", "home", "fax"
_EXT = re.compile(r"[\s,;.(]*(?:доб(?:авочный)?|вн|внутр|ext|x|#)\.?\s*:?\s*(\d{1,8})(?!\d)\s*(\))?", re.IGNORECASE)
_EDGES = " \t,;:.|/\\–—-"
_LABELS = (
    (re.compile(r"\b(?:моб|сот)\w*", re.IGNORECASE), MOBILE),
    (re.compile(r"\b(?:т/ф|факс)\w*", re.IGNORECASE), FAX),
    (re.compile(r"\bпрям\w*", re.IGNORECASE), WORK_DIRECT),
    (re.compile(r"\bдом\w*", re.IGNORECASE), HOME),
    (re.compile(r"\b(?:тел|раб)\w*", re.IGNORECASE), WORK),
)
_ADDRESS = r"[^\s<>,;:\"()\[\]/|]+@[^\s<>,;:\"()\[\]/|]*[^\s<>,;:\"()\[\]/|.]"
_MAIL = re.compile(rf"(?:mailto:)?<?\s*({_ADDRESS})\s*>?", re.IGNORECASE)


@dataclass(slots=True)  # frozen ones take five times as long to make
class ParsedPhone:
    """`e164` is '' when the number was not recognised; `type` is one of the card's; `comment` the words around."""

    raw: str
    e164: str = ""
    ext: str = ""
    type: str = WORK
    comment: str = ""


@dataclass(slots=True)  # frozen ones take five times as long to make
class ParsedEmail:
    """`raw` as written, `norm` for comparison."""

    raw: str
    norm: str
    comment: str = ""


def parse_phones(cell: Cell, column: int, problems: Problems, *, area_code: str = "") -> list[ParsedPhone]:
    """Every number of the cell, each once, in order."""
    if is_broken(cell):
        problems.tell("excel_broke_number", column, plain(cell))
        return []
    found: list[ParsedPhone] = []
    for piece in hard_split(clean(plain(cell))):
        parts = comma_split(piece)
        if not all(len(phones.only_digits(part)) >= phones.MIN_DIAL_DIGITS for part in parts):
            parts = [piece]
        for part in parts:
            found += _numbers_in(part, column, problems, area_code)
    return unique_phones(found)


def _numbers_in(text: str, column: int, problems: Problems, area_code: str) -> list[ParsedPhone]:
    if not phones.only_digits(text):
        problems.tell("bad_phone", column, text)
        return []
    whole = phones.normalise(text, area_code=area_code)
    if whole.e164 and len(text) <= phones.MAX_RAW:
        return [ParsedPhone(whole.raw, whole.e164, whole.ext)]
    matched = _matched(text, area_code)
    if matched:
        return matched
    if len(phones.clean_text(text)) > phones.MAX_RAW:
        problems.tell("too_long", column, text)
        return []
    problems.tell("phone_unrecognised", column, text)
    return [ParsedPhone(whole.raw, ext=whole.ext)]


def _matched(text: str, area_code: str) -> list[ParsedPhone]:
    """Numbers among words; nothing when a digit would be left over, for then the text was misunderstood."""
    found: list[ParsedPhone] = []
    words: list[str] = []
    at = 0
    matcher = phonenumbers.PhoneNumberMatcher(text, phones.REGION, leniency=phonenumbers.Leniency.POSSIBLE)
    for match in matcher:
        if match.start < at:
            continue
        ext = _EXT.match(text, match.end)
        end = ext.end() if ext else match.end
        written = text[match.start : end]
        if ext and ext.group(2):  # the brackets would hide the extension from whoever reads the number again
            written = f"{match.raw_string} доб. {ext.group(1)}"
        number = phones.normalise(written, area_code=area_code)
        if not number.e164:
            return []
        words.append(text[at : match.start])
        found.append(ParsedPhone(number.raw, number.e164, number.ext))
        at = end
    words.append(text[at:])
    if not found or any(phones.only_digits(word) for word in words):
        return []
    around = [word.strip(_EDGES) for word in words]
    return _labelled(found, around) if sum(map(len, around)) <= MAX_COMMENT else []


def _labelled(found: list[ParsedPhone], words: list[str]) -> list[ParsedPhone]:
    """Words before a number are its label; words after the last number belong to it."""
    labelled = []
    for position, phone in enumerate(found):
        label = words[position]
        after = words[-1] if position == len(found) - 1 else ""
        kind = next((kind for pattern, kind in _LABELS if pattern.search(label)), WORK)
        comment = ", ".join(part for part in (label, after) if part)
        labelled.append(ParsedPhone(phone.raw, phone.e164, phone.ext, kind, comment))
    return labelled


def unique_phones(found: Iterable[ParsedPhone]) -> list[ParsedPhone]:
    """Each number once, at its first place, with the words that stood around all its mentions."""
    kept: dict[tuple[str, str], ParsedPhone] = {}
    for phone in found:
        key = (phone.e164 or phone.raw, phone.ext)
        kept[key] = replace(kept[key], comment=_joined(kept[key].comment, phone.comment)) if key in kept else phone
    return list(kept.values())


def _joined(first: str, second: str) -> str:
    both = ", ".join(part for part in (first, second if second not in first else "") if part)
    return both if len(both) <= MAX_COMMENT else first


def parse_emails(cell: Cell, column: int, problems: Problems) -> list[ParsedEmail]:
    """Every address of the cell, each once, in order; a piece without an address is a problem."""
    found: list[ParsedEmail] = []
    for piece in hard_split(clean(plain(cell))):
        for part in comma_split(piece):
            found += _addresses_in(part, column, problems)
    return unique_emails(found)


def unique_emails(found: Iterable[ParsedEmail]) -> list[ParsedEmail]:
    kept: dict[str, ParsedEmail] = {}
    for email in found:
        old = kept.get(email.norm)
        kept[email.norm] = replace(old, comment=_joined(old.comment, email.comment)) if old else email
    return list(kept.values())


def _addresses_in(text: str, column: int, problems: Problems) -> list[ParsedEmail]:
    around = " ".join(_MAIL.sub(" ", text).split()).strip(_EDGES + "\"'")
    found = []
    for match in _MAIL.finditer(text) if len(around) <= MAX_COMMENT else ():
        try:
            typed, norm = emails.read(match.group(1))
        except emails.BadAddress:
            problems.tell("bad_email", column, text)
            return []
        found.append(ParsedEmail(typed, norm, around))
    if not found:
        problems.tell("bad_email", column, text)
    return found


def at_most[T](found: list[T], code: str, column: int, problems: Problems, shown: list[str]) -> list[T]:
    """What a card can hold; the rest is told, not dropped."""
    if len(found) > MAX_PER_HOLDER:
        problems.tell(code, column, "; ".join(shown[MAX_PER_HOLDER:]))
    return found[:MAX_PER_HOLDER]
