"""Where the header is and what its columns mean. Pure; the child process uses it too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from common.text import words
from companies.importer import synonyms, wire
from companies.importer.cells import one_line, plain
from companies.importer.errors import BadFile
from companies.importer.limits import HEADER_ROWS

ENOUGH_SYNONYMS = 2
_NUMBERED = re.compile(r"^(?P<name>.*?\D)\s*\d{1,2}$")

type NumberedRow = tuple[int, Sequence[wire.WireCell]]
type Merge = Sequence[int]

BY_PHRASE = {phrase.strip(): field for field, phrases in synonyms.SYNONYMS.items() for phrase in phrases.split(",")}


@dataclass(frozen=True, slots=True)
class Header:
    """`row` from 1, 0 when there is none; `cells` as cleaned, merged ones filled, before titles are told apart."""

    row: int
    cells: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """The field that a title means and a sentence why; `field` is '' when nothing fits."""

    field: str
    reason: str
    is_certain: bool


NO_GUESS = Guess("", "", is_certain=False)


def fold_title(title: str) -> str:
    return " ".join(words(title))


def _text(cell: wire.WireCell) -> str:
    return one_line(plain(wire.unpack(cell)))


def _texts(cells: Sequence[wire.WireCell]) -> list[str]:
    return [_text(cell) for cell in cells]


def find_header(rows: Sequence[NumberedRow], merges: Sequence[Merge], wanted: int | None = None) -> Header:
    """The first of 20 rows with two synonyms, one when the table has one column; or the row a person chose."""
    if wanted == 0:
        return Header(0)
    if wanted is not None:
        for number, cells in rows:
            if number == wanted:
                return _header(number, _texts(cells), merges)
        raise BadFile("bad_plan")
    first = [(number, _texts(cells)) for number, cells in rows if number <= HEADER_ROWS]
    is_single = max((len(texts) for _, texts in first), default=0) <= 1
    enough = 1 if is_single else ENOUGH_SYNONYMS
    for number, texts in first:
        if sum(guess_one(text).is_certain for text in texts) >= enough:
            return _header(number, texts, merges)
    return Header(0)


def _header(number: int, texts: list[str], merges: Sequence[Merge]) -> Header:
    filled = list(texts)
    for top, left, bottom, right in merges:
        if not top <= number - 1 <= bottom:
            continue
        value = texts[left] if top == number - 1 and left < len(texts) else ""
        filled += [""] * (right + 1 - len(filled))
        for column in range(left + 1, right + 1):
            filled[column] = filled[column] or value
    while filled and not filled[-1]:
        filled.pop()
    return Header(number, tuple(filled), tuple(texts))


def same_header(header: Header, cells: Sequence[wire.WireCell]) -> bool:
    """A later row that says what the header says: pages of a report glued together."""
    return (
        bool(header.row)
        and len(cells) == len(header.plain)
        and all(_text(cell) == title for cell, title in zip(cells, header.plain, strict=True))
    )


def letter(column: int) -> str:
    """0 → «A», 26 → «AA»."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def titles(header: Header, width: int) -> list[str]:
    """One different title for each column: of equals the second gets « (2)», a nameless one its letter."""
    wide = [*header.cells, *[""] * (width - len(header.cells))]
    names = [name or letter(column) for column, name in enumerate(wide)]
    own, shown = set(names), list[str]()
    for name in names:
        number, title = 1, name
        while title in shown or (number > 1 and title in own):
            number += 1
            title = f"{name} ({number})"
        shown.append(title)
    return shown


def guess_one(title: str) -> Guess:
    """What a title means by the table of synonyms; a number at its end says which of several."""
    folded = fold_title(title)
    if not folded:
        return NO_GUESS
    field = _field_of(folded)
    if field:
        return Guess(field, f"Заголовок «{title}»", is_certain=True)
    numbered = _NUMBERED.match(folded)
    field = _field_of(numbered["name"].strip()) if numbered else ""
    if field:
        return Guess(field, f"Заголовок «{title}» с номером", is_certain=True)
    return NO_GUESS


def _field_of(folded: str) -> str:
    if folded in BY_PHRASE:
        return BY_PHRASE[folded]
    parts = set(folded.split())
    rest = parts - synonyms.CONTACT_WORDS - synonyms.NEUTRAL_WORDS
    is_contacts = bool(parts & synonyms.CONTACT_WORDS)
    if rest and rest <= synonyms.PHONE_WORDS:
        return "contact_phones" if is_contacts else "phones"
    if rest <= synonyms.EMAIL_WORDS and rest & synonyms.EMAIL_HEARTS:
        return "contact_emails" if is_contacts else "emails"
    return ""


def _similar(title: str) -> Guess:
    """A misspelt title: shown to the person with the word it resembles."""
    folded = fold_title(title)
    if len(folded) < synonyms.LONG_ENOUGH:
        return NO_GUESS
    phrases = [*BY_PHRASE, "телефон", "почта"]
    found = process.extractOne(folded, phrases, scorer=fuzz.ratio, score_cutoff=synonyms.CLOSE_ENOUGH)
    if found is None:
        return NO_GUESS
    return Guess(_field_of(found[0]), f"Заголовок «{title}» похож на «{found[0]}»", is_certain=False)


def guess_mapping(shown: Sequence[str], cells: Sequence[str] = ()) -> dict[int, Guess]:
    """column → guess for the columns that have one. `cells` are the titles before « (2)» was added."""
    names = [cells[i] if i < len(cells) and cells[i] else title for i, title in enumerate(shown)]
    found: dict[int, Guess] = {}
    used: set[str] = set()
    for guesser in (guess_one, _similar):
        for column, title in enumerate(names):
            guess = guesser(title) if column not in found else NO_GUESS
            if guess.field and (guess.field not in used or guess.field in synonyms.REPEATABLE):
                found[column] = guess
                used.add(guess.field)
    return dict(sorted(found.items()))
