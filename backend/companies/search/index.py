"""Rows of the search follow their cards: written in the caller's transaction, in a fixed number of statements.

Numbers, addresses and requisites are searched where they stand, so a new phone or e-mail changes no row here.
Whoever changes a name, a site, a city, the owner, the branch or the life of a card calls `refresh_…` afterwards; a
person who goes to another company is refreshed with both: `refresh_companies([old, new])`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import idna
from django.db import transaction
from django.db.models import Q

from companies import records
from companies.models import Company, Contact, SearchRow
from companies.search import vocabulary
from companies.search.scope import marks
from companies.search.words import distinct_words, look
from jobs import bulk

CHUNK = 500
Key = tuple[str, int]


class _Card(NamedTuple):
    """The columns of a company that its row is made of."""

    pk: int
    deleted_at: datetime | None
    branch_id: int | None
    responsible_id: int | None
    name: str
    legal_name: str
    website: str
    city: str


class _Person(NamedTuple):
    """The columns of a contact that its row is made of."""

    pk: int
    deleted_at: datetime | None
    branch_id: int | None
    responsible_id: int | None
    company_id: int | None
    last_name: str
    first_name: str
    middle_name: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a row holds."""

    folded: str
    words: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def terms(self) -> str:
        return " ".join(self.words + self.marks)


def refresh_companies(ids: Iterable[int]) -> None:
    """The rows of these companies and of their people, as the cards stand now."""
    wanted = list(ids)
    people = Contact.objects.filter(company__any_of=wanted).values_list("pk", flat=True)
    refresh_bulk(companies=wanted, contacts=list(people))


def refresh_contacts(ids: Iterable[int]) -> None:
    refresh_bulk(companies=(), contacts=ids)


@transaction.atomic
def refresh_bulk(*, companies: Iterable[int], contacts: Iterable[int]) -> None:
    """The rows of a batch, about 500 companies with their people; contacts are not found by their companies here."""
    _write(*_compare(list(companies), list(contacts)))


def write_new(companies: Iterable[Company], contacts: Iterable[Contact]) -> None:
    """The rows of cards that this transaction has made, with people of theirs: nobody else can have changed them."""
    cards = {card.pk: card for card in companies}
    wanted: dict[Key, Content | None] = {("company", pk): _of_company(card) for pk, card in cards.items()}
    wanted |= {("contact", person.pk): _of_contact(person, cards) for person in contacts}
    words: set[str] = set()
    drafts = []
    for (kind, pk), content in wanted.items():
        if content is not None:
            drafts.append(_Draft(**{f"{kind}_id": pk}, folded=content.folded, terms=content.terms))
            words.update(content.words)
    bulk.insert(SearchRow, ("company", "contact", "folded", "terms"), drafts)
    vocabulary.add(words)


@dataclass(slots=True)
class _Draft:
    """A row of the table SearchRow before it is stored."""

    folded: str
    terms: str
    company_id: int | None = None
    contact_id: int | None = None


def differences(companies: list[int], contacts: list[int], *, is_mended: bool) -> list[str]:
    """A line for each row that is not what its card says; written anew with `is_mended`."""
    with transaction.atomic():
        wanted, stored = _compare(companies, contacts)
        if is_mended:
            _write(wanted, stored)
    return list(_lines(wanted, stored))


def _compare(companies: list[int], contacts: list[int]) -> tuple[dict[Key, Content | None], dict[Key, SearchRow]]:
    """What the rows must be (None: there must be none), and what they are.

    A contact's row has its scope from its company, so the company is locked, here as in every writer: who comes
    second reads all that the first one wrote. Its contacts are not locked: a writer who has changed one comes here
    with that lock already and would wait in a circle.
    """
    people = Contact.objects.filter(pk__any_of=contacts)
    if contacts:
        lone = people.filter(company__isnull=True).select_for_update(no_key=True, of=("self",))
        list(lone.order_by("pk").values_list("pk"))
    of_people = Q(pk__in=people.filter(company__isnull=False).values("company_id"))
    held = Company.objects.filter(Q(pk__any_of=companies) | of_people if contacts else Q(pk__any_of=companies))
    locked = held.select_for_update(no_key=True).order_by("pk").values_list(*_Card._fields)
    cards = {card.pk: card for card in map(_Card._make, locked)}
    wanted: dict[Key, Content | None] = {("company", pk): _of_company(cards.get(pk)) for pk in companies}
    wanted |= dict.fromkeys((("contact", pk) for pk in contacts), None)
    if contacts:
        found = map(_Person._make, people.values_list(*_Person._fields))
        wanted |= {("contact", person.pk): _of_contact(person, cards) for person in found}
    rows = SearchRow.objects.filter(Q(company__any_of=companies) | Q(contact__any_of=contacts))
    return wanted, {_key(row): row for row in rows}


def _key(row: SearchRow) -> Key:
    return ("company", row.company_id) if row.company_id is not None else ("contact", row.contact_id or 0)


def _of_company(card: _Card | Company | None) -> Content | None:
    if card is None or card.deleted_at is not None:
        return None
    name, legal_name = look(card.name), look(card.legal_name)
    base = name.split()
    more = [word for word in legal_name.split() if word not in base]
    return Content(
        folded=" ".join(base + more)[: records.MAX_FOLDED_COMPANY].strip(),
        words=tuple(distinct_words(name, legal_name, look(site(card.website)), look(card.city))),
        marks=marks(branch_id=card.branch_id, owner_id=card.responsible_id),
    )


def _of_contact(person: _Person | Contact, cards: Mapping[int, _Card | Company]) -> Content | None:
    holder: _Card | Company | _Person | Contact | None = (
        cards.get(person.company_id) if person.company_id is not None else person
    )
    if person.deleted_at is not None or holder is None or holder.deleted_at is not None:
        return None
    full_name = " ".join((person.last_name, person.first_name, person.middle_name))
    base = look(full_name)
    return Content(
        folded=base[: records.MAX_FOLDED_CONTACT].strip(),
        words=tuple(distinct_words(base)),
        marks=marks(branch_id=holder.branch_id, owner_id=holder.responsible_id),
    )


def site(website: str) -> str:
    """The host as people write it: «xn--…» in its own letters."""
    host = records.site_host(website)
    try:
        return idna.decode(host) if "xn--" in host else host
    except (idna.IDNAError, UnicodeError):
        return host


def _write(wanted: dict[Key, Content | None], stored: dict[Key, SearchRow]) -> None:
    changed = [
        key for key, content in wanted.items() if content is not None and not _is_same(content, stored.get(key))
    ]
    for kind in ("company", "contact"):
        found = [(pk, content) for of, pk in changed if of == kind and (content := wanted[of, pk]) is not None]
        bulk.upsert(SearchRow, kind, ("folded", "terms"), [(pk, c.folded, c.terms) for pk, c in found])
    gone = [row.pk for key, row in stored.items() if wanted[key] is None]
    if gone:
        SearchRow.objects.filter(pk__in=gone).delete()
    vocabulary.add({word for key in changed for word in (wanted[key] or Content("", (), ())).words})


def _is_same(content: Content, row: SearchRow | None) -> bool:
    return row is not None and (row.folded, row.terms) == (content.folded, content.terms)


def _lines(wanted: dict[Key, Content | None], stored: dict[Key, SearchRow]) -> Iterator[str]:
    for (kind, pk), content in wanted.items():
        row = stored.get((kind, pk))
        if content is None and row is not None:
            yield f"{kind} {pk}: лишняя строка"
        elif content is not None and row is None:
            yield f"{kind} {pk}: нет строки"
        elif content is not None and not _is_same(content, row):
            yield f"{kind} {pk}: строка не по карточке"
