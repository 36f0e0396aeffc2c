"""A trial stands in nobody's way, however long it lasts.

It is one transaction that is rolled back at the end. What it locks, people would wait for until then: so it locks no
card, changes none and gives none anything. A card that is there gets a stand-in, a hidden copy, which takes what rows
of the file change and add. New cards are hidden as well: they stand outside of the rule «one INN and КПП, one
company», where somebody who makes the same company would meet them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState

from common.ids import uuid7
from companies.importing.match import COLUMNS, UNSEEN, Known
from companies.importing.places import InPlace
from companies.models import Company, Contact
from jobs import bulk


class _Copies:
    """Numbers of stand-ins by those of their originals. What a chunk adds counts when it has ended well."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.known: dict[int, int] = {}
        self.fresh: list[tuple[int, int]] = []

    def add(self, known: int, copied: int) -> None:
        self.of[known], self.known[copied] = copied, known
        self.fresh.append((known, copied))

    def forget(self) -> None:
        """A chunk was rolled back, and its stand-ins with it."""
        for known, copied in self.fresh:
            del self.of[known], self.known[copied]
        self.fresh.clear()


class Unseen(InPlace):
    """The stand-ins of one trial."""

    is_trial = True

    def __init__(self) -> None:
        self.source = f"trial:{uuid7().hex}"
        self.companies = _Copies()
        self.people = _Copies()

    def begin(self) -> None:
        """A chunk begins; one that failed before it has left nothing."""
        self.companies.forget()
        self.people.forget()

    def keep(self) -> None:
        """A chunk has ended well."""
        self.companies.fresh.clear()
        self.people.fresh.clear()

    # --- reading

    def known(self, pk: int) -> int:
        """The card that this one stands for; itself for any other."""
        return self.companies.known.get(pk, pk)

    def person(self, pk: int) -> int:
        """The same of people."""
        return self.people.known.get(pk, pk)

    def place(self, pk: int) -> int:
        """Where a card of the trial is written."""
        return self.companies.of.get(pk, pk)

    def settle(self, cards: dict[int, Known]) -> None:
        """Put what stands for a card in its place; new cards of the trial are live ones."""
        pairs = self.companies
        originals = {pairs.known[pk] for pk in cards if pk in pairs.known}
        copies = {pairs.of[pk] for pk in cards if pk in pairs.of}
        missing = (originals | copies) - cards.keys()
        if missing:
            found = Company.objects.filter(pk__any_of=missing).values_list(*COLUMNS)
            cards.update({card[0]: Known(*card) for card in found})
        for card in cards.values():
            if card.deleted_at == UNSEEN:
                card.deleted_at = None
        for copied in [pk for pk in cards if pk in pairs.known]:
            card = cards.pop(copied)
            card.pk = pairs.known[copied]
            cards[card.pk] = card

    def stand_for(self, cards: Iterable[Company]) -> list[Company]:
        """The cards as the trial has left them; `cards` were read by the numbers of `place`."""
        found = []
        for card in cards:
            if card.pk in self.companies.known:
                card.pk, card.deleted_at = self.companies.known[card.pk], None
            found.append(card)
        return found

    # --- writing

    def hide(self, cards: Iterable[Company]) -> None:
        """New cards, before they are stored: a deleted card holds no INN."""
        for card in cards:
            card.deleted_at = UNSEEN

    def cover(self, cards: Iterable[Company]) -> None:
        """Make stand-ins of cards that are there and have none."""
        wanted = {card.pk: card for card in cards if card.deleted_at != UNSEEN and card.pk not in self.companies.of}
        copies = [_copy(card, deleted_at=UNSEEN) for card in wanted.values()]
        _store(Company, self.companies, list(wanted), copies)

    def cover_people(self, people: Iterable[Contact]) -> None:
        """The same of people of cards that have a stand-in."""
        pairs = self.companies.of
        found = {person.pk: person for person in people}
        wanted = {
            pk: person for pk, person in found.items() if person.company_id in pairs and pk not in self.people.of
        }
        copies = [_copy(p, company_id=pairs[p.company_id or 0], is_primary=False) for p in wanted.values()]
        _store(Contact, self.people, list(wanted), copies)

    def hold(self, rows: Iterable[Any]) -> None:
        """New rows hang on stand-ins, where their company or person has one."""
        for row in rows:
            own = row.__dict__
            own["company_id"] = self.companies.of.get(own["company_id"], own["company_id"])
            if "contact_id" in own:
                own["contact_id"] = self.people.of.get(own["contact_id"], own["contact_id"])


def _copy[M: Model](row: M, **changed: Any) -> M:
    found = copy.copy(row)
    found._state = ModelState()
    found.pk = None
    for name, value in changed.items():
        setattr(found, name, value)
    return found


def _store[M: Model](model: type[M], pairs: _Copies, known: Sequence[int], copies: Sequence[M]) -> None:
    bulk.create(model, copies)
    for pk, copied in zip(known, copies, strict=True):
        pairs.add(pk, copied.pk)
