"""Rows that may be an answer, from the surest stage to the widest, until there are enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings

from accounts.models import User
from companies.search import numbers
from companies.search.conditions import rows_with
from companies.search.numbers import Held
from companies.search.parse import Asked
from companies.search.scope import wanted_marks

Key = tuple[str, int]


class Tier(IntEnum):
    """How surely a row is what was meant; the smaller, the surer. People found by name have one of their own."""

    WHOLE_NUMBER = 0
    SAME_NAME = 1
    NAME_BEGINS = 2
    ALL_WORDS = 3
    PREFIXES = 4
    CONTACT = 5
    TYPO = 6


@dataclass(slots=True)
class Candidate:
    """`within` orders a tier; `name` is the field that matched when it is no word, `phone_id` the number."""

    kind: str
    pk: int
    tier: Tier
    within: int = 0
    name: str = ""
    phone_id: int | None = None
    meant: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.pk

    @property
    def place(self) -> tuple[int, int]:
        return self.tier, self.within


@dataclass(slots=True)
class Found:
    """Candidates by card; each keeps its best place."""

    by_key: dict[Key, Candidate]

    @property
    def is_enough(self) -> bool:
        return len(self.by_key) >= settings.SEARCH["answers"]

    def add(self, candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            known = self.by_key.get(candidate.key)
            if known is None and len(self.by_key) >= settings.SEARCH["most"]:
                continue
            if known is None or candidate.place < known.place:
                self.by_key[candidate.key] = candidate


def collect(found: Found, viewer: User, asked: Asked) -> None:
    """Fill `found` stage by stage; what a stage gave stays there when a later one takes too long."""
    for stage in (_addresses, _numbers, _begins, _beside, _exact, _prefixes):
        if found.is_enough or (asked.email and found.by_key):
            return
        for portion in stage(viewer, asked):
            found.add(portion)


def _addresses(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    if asked.email:
        yield map(_holder, numbers.find_emails(viewer, asked))


def _numbers(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    if asked.digits and not asked.is_mixed:
        yield map(_holder, numbers.find_requisites(viewer, asked))
        yield map(_holder, numbers.find_phones(viewer, asked))


def _holder(held: Held) -> Candidate:
    kind, pk = ("company", held.company_id) if held.company_id is not None else ("contact", held.contact_id)
    tier = Tier.WHOLE_NUMBER if held.is_whole else Tier.PREFIXES
    return Candidate(kind, pk or 0, tier, name=held.name, phone_id=held.phone_id)


def _begins(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    """Names that are, or begin with, the typed text; the equal ones come first in the index."""
    if asked.folded and not asked.hint:
        rows = rows_with((), marks=wanted_marks(viewer)).filter(folded__startswith=asked.folded)
        cut = rows.order_by("folded", "pk").values_list("company_id", "contact_id", "folded")
        yield [
            candidate_of(company, contact, Tier.SAME_NAME if folded == asked.folded else Tier.NAME_BEGINS)
            for company, contact, folded in cut[: settings.SEARCH["stage"]]
        ]


def _exact(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    yield from _by_words(viewer, asked, Tier.ALL_WORDS)


def _prefixes(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    yield from _by_words(viewer, asked, Tier.PREFIXES)


def _by_words(viewer: User, asked: Asked, tier: Tier) -> Iterator[Iterable[Candidate]]:
    if asked.all_words:
        groups = [(word,) for word in asked.all_words]
        rows = rows_with(groups, marks=wanted_marks(viewer), is_prefix=tier == Tier.PREFIXES)
        cut = rows.values_list("company_id", "contact_id")[: settings.SEARCH["stage"]]
        yield [candidate_of(company, contact, tier) for company, contact in cut]


def _beside(viewer: User, asked: Asked) -> Iterator[Iterable[Candidate]]:
    """Words whose card holds the digits: few cards do, so whole words and beginnings are read at once."""
    if not asked.is_mixed:
        return
    rows = rows_with([(word,) for word in asked.words], marks=wanted_marks(viewer), is_prefix=True)
    for part in numbers.beside_words(rows, viewer, asked):
        cut = part.values_list("company_id", "contact_id", "terms")[: settings.SEARCH["stage"]]
        yield [
            candidate_of(company, contact, Tier.ALL_WORDS if set(asked.words) <= set(terms.split()) else Tier.PREFIXES)
            for company, contact, terms in cut
        ]


def candidate_of(company: int | None, contact: int | None, tier: Tier) -> Candidate:
    """A person who is found by name stands behind companies, in the same order among people."""
    if company is not None:
        return Candidate("company", company, tier)
    return Candidate("contact", contact or 0, max(Tier.CONTACT, tier), within=tier)
