"""Folding of names for comparison and search; plural forms for people."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LEGAL_FORMS = frozenset(
    [
        "ооо",
        "оао",
        "зао",
        "пао",
        "ао",
        "нао",
        "ип",
        "фгуп",
        "гуп",
        "муп",
        "тд",
        "тк",
        "нпо",
        "нпп",
        "пк",
        "ск",
        "спк",
        "кфх",
        "гк",
        "гку",
        "гбу",
        "мбу",
        "фгбу",
        "ано",
        "нко",
        "тоо",
    ]
)
_WORD = re.compile(r"[0-9a-zа-я]+")


@lru_cache(maxsize=4096)  # a card's names are folded for the card, for its search row and for recognising it
def fold(text: str) -> str:
    """Casefolded words of `text` with ё→е, without quotes and legal forms; '' when nothing is left."""
    return " ".join([w for w in words(text) if w not in LEGAL_FORMS]) if text else ""


def words(text: str) -> list[str]:
    """Casefolded words of letters and digits, ё→е."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))


def plural(number: int, one: str, few: str, many: str) -> str:
    """The Russian form that agrees with `number`: 1 звонок, 2 звонка, 5 звонков."""
    tens, ones = abs(number) % 100, abs(number) % 10
    if ones == 1 and tens != 11:
        return one
    return few if 2 <= ones <= 4 and not 12 <= tens <= 14 else many


def duration(seconds: int | None) -> str:
    """«0:42», «4:12», «1:02:03»; «—» when unknown."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def has_nul(text: str) -> bool:
    """PostgreSQL cannot store NUL; forms and the API refuse it with words instead of a 500."""
    return "\x00" in text
