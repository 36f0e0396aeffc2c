"""One search: as typed, then in the other keyboard layout, then with a slip of the finger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from accounts.models import User
from common.timeouts import OutOfTime, short_statements
from companies.search import typos
from companies.search.candidates import Candidate, Found, collect
from companies.search.cards import rank, read, visible
from companies.search.hits import Hit, hits
from companies.search.layout import is_russian, swap
from companies.search.parse import Asked, parse
from companies.search.scope import sees_anything
from companies.search.words import readable

TOO_WIDE = "Уточните запрос."
# With LIMIT the planner hopes to end a scan of the whole table early, and reads all of it for a rare word.
PLANNER = {"enable_seqscan": "off"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`shown_for` is what was searched instead of `query`; '' when it was searched as typed."""

    query: str
    shown_for: str = ""
    hint: str = ""
    results: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """Visible candidates in their order, and whether the time was over."""

    asked: Asked
    ranked: list[Candidate]
    shown_for: str = ""
    is_cut: bool = False


def search(viewer: User, q: str, limit: int = 20) -> Answer:
    """What `q` means to `viewer`: at most `limit` (≤ 20) hits; a hint says why there are none, or not all."""
    asked = parse(q)
    if not asked.text or not sees_anything(viewer):
        return Answer(asked.text)
    attempt = _first_that_shows(viewer, asked)
    top = attempt.ranked[: max(0, min(limit, settings.SEARCH["answers"]))]
    hint = TOO_WIDE if attempt.is_cut else "" if attempt.ranked else asked.hint
    return Answer(
        asked.text, attempt.shown_for if attempt.ranked else "", hint, tuple(hits(read(viewer, top), attempt.asked))
    )


def _first_that_shows(viewer: User, asked: Asked) -> Attempt:
    """The first way that shows something; a way that ran out of time is the last one."""
    attempt = Attempt(asked, [])
    for attempt in _ways(viewer, asked):
        if attempt.ranked or attempt.is_cut:
            break
    return attempt


def _ways(viewer: User, asked: Asked) -> Iterator[Attempt]:
    yield _as_typed(viewer, asked)
    has_letters = any(letter.isalpha() for letter in asked.text)
    if asked.digits and not asked.is_mixed and not has_letters:
        return
    other = parse(swap(asked.text))
    yield _as_typed(viewer, other, shown_for=other.text.lower())
    yield _with_slips(viewer, asked)
    if not is_russian(asked.text):
        yield _with_slips(viewer, other)


def _as_typed(viewer: User, asked: Asked, shown_for: str = "") -> Attempt:
    if asked.is_empty:
        return Attempt(asked, [])
    found = Found({})
    is_cut = False
    try:
        with short_statements(settings.SEARCH["statement_ms"], **PLANNER):
            collect(found, viewer, asked)
    except OutOfTime:
        is_cut = True
    return Attempt(asked, rank(viewer, visible(viewer, found.by_key.values()), asked), shown_for, is_cut)


def _with_slips(viewer: User, asked: Asked) -> Attempt:
    if asked.email or asked.is_empty:
        return Attempt(asked, [])
    guessed: list[Candidate] = []
    is_cut = False
    try:
        with short_statements(settings.SEARCH["statement_ms"], **PLANNER):
            guessed = typos.guess(viewer, asked)
    except OutOfTime:
        is_cut = True
    seen = {one.candidate.key: one for one in visible(viewer, guessed)}
    kept = typos.best([one.candidate for one in seen.values()])
    ranked = rank(viewer, [seen[candidate.key] for candidate in kept], asked)
    shown_for = " ".join(map(readable, ranked[0].meant)) if ranked else ""
    return Attempt(asked, ranked, " ".join(filter(None, (shown_for, asked.digits))), is_cut)
