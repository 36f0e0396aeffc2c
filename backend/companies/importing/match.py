"""Which card a row means: the first key that hits wins, two candidates are nobody's (rules of the import)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.models import User
from companies import records
from companies.duplicates import SHARED
from companies.importer.parsed import ParsedRow
from companies.models import Company, EmailAddress, ExternalRef, PhoneNumber
from companies.models.numbers import HELD, HOLDER

SOURCE = "import"
# Cards that a trial has made; nobody has deleted a card then. Outside of a trial there are none.
UNSEEN = datetime(1900, 1, 1, tzinfo=UTC)
LIVE = Q(deleted_at__isnull=True) | Q(deleted_at=UNSEEN)


class Known(NamedTuple):
    """A locked card of the database, with what rows are recognised by; most candidates are no match."""

    pk: int
    inn: str | None
    kpp: str
    folded: str
    head_company_id: int | None
    deleted_at: datetime | None


type Card = Company | Known


@dataclass(slots=True)
class Match:
    """A card, or the code of a refusal, or neither: a new one. A Company is one that this chunk makes."""

    card: Card | None = None
    code: str = ""


@dataclass(slots=True)
class Keys:
    """What a row can be recognised by."""

    external: str
    inn: str
    kpp: str
    phones: frozenset[tuple[str, str]]
    emails: frozenset[str]
    folded: str

    @classmethod
    def of(cls, row: ParsedRow) -> Keys:
        people = row.persons
        numbers = [*row.phones, *(phone for person in people for phone in person.phones)]
        addresses = [*row.emails, *(email for person in people for email in person.emails)]
        return cls(
            external=row.external_id,
            inn=row.company.inn,
            kpp=row.company.kpp,
            phones=frozenset((p.e164, p.ext) for p in numbers if p.e164),
            emails=frozenset(e.norm for e in addresses),
            folded=records.fold_company(row.company.name, row.company.legal_name),
        )

    @property
    def has_more_than_a_name(self) -> bool:
        return bool(self.external or self.inn or self.phones or self.emails)


@dataclass
class Index:
    """Cards by key: those of the database for this chunk, and those that its rows have made so far."""

    viewer: User
    external: dict[str, Card] = field(default_factory=dict)
    by_inn: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    phones: dict[tuple[str, str], list[Card]] = field(default_factory=lambda: defaultdict(list))
    emails: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    seen: set[int] = field(default_factory=set)
    cards: dict[int, Known] = field(default_factory=dict)

    @classmethod
    def read(cls, viewer: User, rows: Sequence[Keys], *, is_trial: bool = False) -> Index:
        """Everything that these rows may mean, locked in the order of numbers; a fixed number of queries.

        A trial locks nothing, and finds the cards that it has made.
        """
        index = cls(viewer)
        phones = _holders_of_phones({p for keys in rows for p in keys.phones})
        emails = _holders_of_emails({e for keys in rows for e in keys.emails})
        refs = list(
            ExternalRef.objects.filter(
                source=SOURCE, external_id__any_of={keys.external for keys in rows if keys.external}
            ).exclude(company=None)
        )
        inns = {keys.inn for keys in rows if keys.inn}
        names = {keys.folded for keys in rows if keys.folded and not keys.has_more_than_a_name}
        held = [pk for found in (*phones.values(), *emails.values()) for pk in found]
        wanted = {ref.company_id for ref in refs} | set(held)
        live = Q(inn__any_of=inns) | Q(folded__any_of=names) if names else Q(inn__any_of=inns)
        found = Company.objects.filter(Q(pk__any_of=wanted) | (live & LIVE)).order_by("pk")
        cards = (found if is_trial else found.select_for_update()).values_list(*Known._fields)
        index.cards = {card.pk: card for card in map(Known._make, cards)}
        visible = Company.objects.visible_to(viewer).filter(pk__any_of=index.cards)
        index.seen = set(visible.values_list("pk", flat=True))
        for pk in [pk for pk, card in index.cards.items() if card.deleted_at == UNSEEN]:
            index.cards[pk] = index.cards[pk]._replace(deleted_at=None)
            index.seen.add(pk)
        for ref in refs:
            if ref.company_id in index.cards:
                index.external[ref.external_id] = index.cards[ref.company_id]
        for card in index.cards.values():
            if card.deleted_at is None:
                index._add_names(card, names)
        for phone, pks in phones.items():
            index.phones[phone] = index._live(pks)
        for email, pks in emails.items():
            index.emails[email] = index._live(pks)
        return index

    def _add_names(self, card: Known, names: Iterable[str]) -> None:
        if card.inn:
            self.by_inn[card.inn].append(card)
        if card.folded in names:
            self.names[card.folded].append(card)

    def _live(self, pks: Iterable[int]) -> list[Card]:
        return [self.cards[pk] for pk in pks if pk in self.cards and self.cards[pk].deleted_at is None]

    def add(self, card: Company, keys: Keys) -> None:
        """A card that a row has just made: later rows of the file find it."""
        if keys.external:
            self.external[keys.external] = card
        if keys.inn:
            self.by_inn[keys.inn].append(card)
        for phone in keys.phones:
            self.phones[phone].append(card)
        for email in keys.emails:
            self.emails[email].append(card)
        if keys.folded:
            self.names[keys.folded].append(card)

    def is_seen(self, card: Card) -> bool:
        return card.pk is None or card.pk in self.seen

    def find(self, keys: Keys) -> Match:
        by_id = self.external.get(keys.external) if keys.external else None
        if by_id is not None and by_id.deleted_at is not None:
            return Match(code="deleted")
        by_inn = self._by_requisites(keys)
        if by_inn.code:
            return by_inn
        if by_id is not None:
            # a card that this chunk makes has no number yet: it cannot stand in a set
            is_other = by_inn.card is not None and by_inn.card != by_id
            return Match(code="conflict") if is_other else Match(by_id)
        if by_inn.card is not None:
            return by_inn
        for found in (
            self._by_values(keys, self.phones, keys.phones),
            self._by_values(keys, self.emails, keys.emails),
        ):
            if found.card is not None or found.code:
                return found
        if keys.has_more_than_a_name or not keys.folded:
            return Match()
        return _one([card for card in self.names[keys.folded] if self.is_seen(card)])

    def _by_requisites(self, keys: Keys) -> Match:
        """INN and KPP, then the INN alone where one side has no KPP."""
        same_inn = self.by_inn.get(keys.inn, []) if keys.inn else []
        exact = [card for card in same_inn if card.kpp == keys.kpp]
        roots = [card for card in exact if card.head_company_id is None] or exact
        if roots:
            return self._unless_hidden(_one(roots))
        return self._unless_hidden(_one([card for card in same_inn if not (card.kpp and keys.kpp)]))

    def _unless_hidden(self, match: Match) -> Match:
        if match.card is not None and not self.is_seen(match.card):
            return Match(code="not_yours")
        return match

    def _by_values[K](self, keys: Keys, table: dict[K, list[Card]], values: Iterable[K]) -> Match:
        """One card that holds one of the values, is seen, and is of no other INN; common values say nothing."""
        found: dict[int, Card] = {}
        for value in values:
            holders = table.get(value, [])
            if len({id(card) for card in holders}) > SHARED:
                continue
            for card in holders:
                if self.is_seen(card) and not (keys.inn and card.inn and card.inn != keys.inn):
                    found[id(card)] = card
        return _one(list(found.values()))


def _one(cards: Sequence[Card]) -> Match:
    unique = {id(card): card for card in cards}
    if len(unique) > 1:
        return Match(code="ambiguous")
    return Match(next(iter(unique.values()), None))


def _holders_of_phones(values: set[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    holders = PhoneNumber.objects.filter(HELD, e164__any_of={e164 for e164, _ in values}).annotate(holder=HOLDER)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for e164, ext, pk in holders.values_list("e164", "ext", "holder").distinct():
        if (e164 or "", ext) in values:
            found[e164 or "", ext].append(pk)
    return found


def _holders_of_emails(values: set[str]) -> dict[str, list[int]]:
    holders = EmailAddress.objects.filter(HELD, norm__any_of=values).annotate(holder=HOLDER)
    found: dict[str, list[int]] = defaultdict(list)
    for norm, pk in holders.values_list("norm", "holder").distinct():
        found[norm].append(pk)
    return found
