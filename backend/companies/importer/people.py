"""Full names as Russian offices write them, and whose phone, e-mail and position is whose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from companies.importer.first_names import KNOWN, SHORT_PATRONYMICS
from companies.importer.reachable import ParsedEmail, ParsedPhone

PATRONYMIC_ENDINGS = ("вич", "вна", "ична", "оглы", "кызы")
# «Гусейн оглы» is one patronymic of two words.
PATRONYMIC_WORDS = frozenset({"оглы", "кызы"})
FEWEST_WORDS = 2
SHORTEST_PATRONYMIC = 5
_WORD = re.compile(r"[^\W\d_]+(?:[-'’ʼ`][^\W\d_]+)*")
_INITIAL = re.compile(r"[^\W\d_]\.?")
_DOT_BETWEEN = re.compile(r"\.(?=[^\s.])")


@dataclass(slots=True)  # frozen ones take five times as long to make
class Person:
    """A contact of the row; of the three names at least one is filled."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    position: str = ""
    phones: tuple[ParsedPhone, ...] = ()
    emails: tuple[ParsedEmail, ...] = ()
    is_unclear: bool = False


def parse_people(text: str, prefixes: Sequence[str]) -> list[Person]:
    """The people of one cell; an unclear one has all its text in `last_name`."""
    return [parse_person(part, prefixes) for part in split_people(strip_prefix(text, prefixes)) if part]


def strip_prefix(text: str, prefixes: Sequence[str]) -> str:
    """`text` without the branch that people write before a name: «ЕКБ: Иванов»."""
    return _prefix(tuple(prefixes)).sub("", text.strip()) if prefixes else text.strip()


@lru_cache(maxsize=8)
def _prefix(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(prefix) for prefix in prefixes)
    return re.compile(rf"^(?:{names})[\s:.|–—-]+", re.IGNORECASE)


def split_people(text: str) -> list[str]:
    """Parts by `;` and newline; by comma when every side has two words or more («Иванов И.П., Петров А.А.»)."""
    found: list[str] = []
    for piece in re.split(r"[;\n]", text):
        parts = [part.strip() for part in piece.split(",") if part.strip()]
        if len(parts) > 1 and all(len(_tokens(part)) >= FEWEST_WORDS for part in parts):
            found += parts
        else:
            found.append(piece.strip().strip(","))
    return [part.strip() for part in found if part.strip()]


def parse_person(text: str, prefixes: Sequence[str] = ()) -> Person:
    """Фамилия, имя, отчество of one person, in whatever order they stand."""
    whole = " ".join(strip_prefix(text, prefixes).split())
    tokens = _tokens(whole)
    if not all(_WORD.fullmatch(token.replace(" ", "-")) or _INITIAL.fullmatch(token) for token in tokens):
        return _unclear(whole)
    if len(tokens) == 1:
        return Person(last_name=whole)
    if any(_is_initial(token) for token in tokens):
        return _with_initials(tokens) or _unclear(whole)
    if len(tokens) == 2:
        return _two(*tokens)
    if len(tokens) > 3 or _is_remark(*tokens):
        return _unclear(whole)
    return _three(*tokens)


def _unclear(whole: str) -> Person:
    return Person(last_name=whole, is_unclear=True)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    for word in _DOT_BETWEEN.sub(". ", text).split():
        if word.casefold() in PATRONYMIC_WORDS and len(found) > 1:
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found


def _is_initial(token: str) -> bool:
    return _INITIAL.fullmatch(token) is not None


def _with_initials(tokens: list[str]) -> Person | None:
    """«Иванов И.П.», «И.П. Иванов», «Иванов Иван П.»; the letters stay, their dots do not."""
    marks = "".join("i" if _is_initial(token) else "w" for token in tokens)
    bare = [token.rstrip(".") for token in tokens]
    if marks in {"wi", "wii"}:
        return Person(bare[0], bare[1], bare[2] if len(bare) == 3 else "")
    if marks in {"iw", "iiw"}:
        return Person(bare[-1], bare[0], bare[1] if len(bare) == 3 else "")
    if marks == "wwi":
        two = _two(bare[0], bare[1])
        return replace(two, last_name=bare[2]) if two.middle_name else replace(two, middle_name=bare[2])
    return None


def is_patronymic(word: str) -> bool:
    folded = word.casefold().replace("ё", "е")
    if folded in SHORT_PATRONYMICS:
        return True
    return len(folded) >= SHORTEST_PATRONYMIC and folded.endswith(PATRONYMIC_ENDINGS)


def is_first_name(word: str) -> bool:
    folded = word.casefold().replace("ё", "е")
    return any(part in KNOWN for part in (folded, *folded.split("-")))


def _two(one: str, two: str) -> Person:
    if is_patronymic(two) and not is_patronymic(one):
        return Person(first_name=one, middle_name=two)
    if is_first_name(one) and not is_first_name(two):
        return Person(last_name=two, first_name=one)
    return Person(last_name=one, first_name=two)


def _is_remark(one: str, two: str, three: str) -> bool:
    """«Иванов Иван директор»: the third word is no name when it alone is written small."""
    return three[0].islower() and one[0].isupper() and not is_patronymic(three)


def _three(one: str, two: str, three: str) -> Person:
    """A patronymic in the middle means имя отчество фамилия, unless the last word is one too and the first no name."""
    if is_patronymic(two) and (not is_patronymic(three) or is_first_name(one)):
        return Person(last_name=three, first_name=one, middle_name=two)
    return Person(last_name=one, first_name=two, middle_name=three)


@dataclass(frozen=True, slots=True)
class Paired:
    """`is_uneven`: the counts differ and everything went to the first person."""

    people: tuple[Person, ...]
    is_uneven: bool


def pair(
    people: Sequence[Person],
    phones: Sequence[ParsedPhone],
    emails: Sequence[ParsedEmail],
    positions: Sequence[str],
) -> Paired:
    """Gives people their phones, e-mails and positions: by order when there are as many of each, else to the first."""
    shares = zip(people, _shares(people, phones), _shares(people, emails), _shares(people, positions), strict=True)
    paired = tuple(
        [
            replace(person, phones=given, emails=mails, position=", ".join(titles) or person.position)
            for person, given, mails, titles in shares
        ]
    )
    return Paired(paired, not all(_fits(people, values) for values in (phones, emails, positions)))


def _fits[T](people: Sequence[Person], values: Sequence[T]) -> bool:
    return not values or len(people) == 1 or len(values) == len(people)


def _shares[T](people: Sequence[Person], values: Sequence[T]) -> list[tuple[T, ...]]:
    if len(values) == len(people):
        return [(value,) for value in values]
    return [tuple(values), *(() for _ in people[1:])]
