"""Which card a row means: the first key that hits wins, two candidates are nobody's (rules of the import)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Q

from accounts.models import User
from companies import records
from companies.duplicates import SHARED
from companies.importer.parsed import ParsedRow
from companies.importing.places import SOURCE, InPlace
from companies.models import Company, Contact, EmailAddress, ExternalRef, PhoneNumber

# Cards that a trial has made; nobody has deleted a card then. Outside of a trial there are none.
UNSEEN = datetime(1900, 1, 1, tzinfo=UTC)
LIVE = Q(deleted_at__isnull=True) | Q(deleted_at=UNSEEN)


@dataclass(slots=True, eq=False)
class Known:
    """A locked card of the database, with what rows are recognised by; most candidates are no match."""

    pk: int
    inn: str | None
    kpp: str
    folded: str
    head_company_id: int | None
    deleted_at: datetime | None


COLUMNS = tuple(Known.__dataclass_fields__)
type Card = Company | Known


@dataclass(slots=True)
class Match:
    """A card, or the code of a refusal, or neither: a new one. A Company is one that this chunk makes."""

    card: Card | None = None
    code: str = ""


@dataclass(slots=True)
class Keys:
    """What a row can be recognised by; `folded`, its name, where it has nothing else."""

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
        phones, emails = frozenset((p.e164, p.ext) for p in numbers if p.e164), frozenset(e.norm for e in addresses)
        has_more = row.external_id or row.company.inn or phones or emails
        return cls(
            external=row.external_id,
            inn=row.company.inn,
            kpp=row.company.kpp,
            phones=phones,
            emails=emails,
            folded="" if has_more else records.fold_company(row.company.name, row.company.legal_name),
        )


@dataclass
class Index:
    """Cards by key: those of the database for this chunk, and those that its rows have made so far."""

    viewer: User
    external: dict[str, Card] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    by_inn: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    phones: dict[tuple[str, str], list[Card]] = field(default_factory=lambda: defaultdict(list))
    emails: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[Card]] = field(default_factory=lambda: defaultdict(list))
    seen: set[int] = field(default_factory=set)
    cards: dict[int, Known] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        viewer: User,
        rows: Sequence[Keys],
        *,
        made: Callable[[Iterable[int]], set[int]],
        where: InPlace,
    ) -> Index:
        """Everything that these rows may mean, locked in the order of numbers; a fixed number of queries.

        `made` says which cards earlier rows of the file have made: those are seen by whoever loads it. A trial
        locks nothing.
        """
        index = cls(viewer)
        phones = _holders_of_phones({p for keys in rows for p in keys.phones})
        emails = _holders_of_emails({e for keys in rows for e in keys.emails})
        externals = {keys.external for keys in rows if keys.external}
        sources = {SOURCE, where.source}
        refs = ExternalRef.objects.filter(source__in=sources, external_id__any_of=externals).exclude(company=None)
        external = dict(refs.values_list("external_id", "company_id"))
        names = {keys.folded for keys in rows if keys.folded}
        inns = {keys.inn for keys in rows if keys.inn}
        wanted = {*external.values(), *(pk for found in (*phones.values(), *emails.values()) for pk in found)}
        live = Q(inn__any_of=inns) | Q(folded__any_of=names) if names else Q(inn__any_of=inns)
        index._read(Q(pk__any_of=wanted) | (live & LIVE), is_locked=not where.is_trial)
        if any(keys.kpp for keys in rows):
            others = {card.inn for card in index.cards.values() if card.inn} - inns
            index._read(Q(inn__any_of=others) & LIVE, is_locked=not where.is_trial)
        where.settle(index.cards)
        index._see(made)
        index.stored = set(external)
        placed = {key: where.known(pk) for key, pk in external.items()}
        index.external = {key: index.cards[pk] for key, pk in placed.items() if pk in index.cards}
        for card in index.cards.values():
            if card.deleted_at is None:
                index._recognise(card)
        for phone, pks in phones.items():
            index.phones[phone] = index._live(map(where.known, pks))
        for email, pks in emails.items():
            index.emails[email] = index._live(map(where.known, pks))
        return index

    def _read(self, wanted: Q, *, is_locked: bool) -> None:
        found = Company.objects.filter(wanted).order_by("pk")
        cards = found.select_for_update() if is_locked else found
        self.cards |= {card[0]: Known(*card) for card in cards.values_list(*COLUMNS)}

    def _see(self, made: Callable[[Iterable[int]], set[int]]) -> None:
        """Which of the cards this person sees: those in reach, and those of the file itself."""
        visible = Company.objects.visible_to(self.viewer).filter(pk__any_of=self.cards)
        self.seen = set(visible.values_list("pk", flat=True)) if self.cards else set()
        hidden = self.cards.keys() - self.seen
        if hidden:
            self.seen |= made(hidden)

    def _live(self, pks: Iterable[int]) -> list[Card]:
        found = {pk: self.cards[pk] for pk in pks if pk in self.cards and self.cards[pk].deleted_at is None}
        return list(found.values())

    def _recognise(self, card: Card) -> None:
        if card.inn:
            _put(self.by_inn[card.inn], card)
        if card.folded:
            _put(self.names[card.folded], card)

    def learn(
        self,
        card: Card,
        company: Company,
        keys: Keys,
        phones: Iterable[tuple[str, str]],
        emails: Iterable[str],
    ) -> None:
        """What a row has made of a card, and given to it: later rows of the file find it by that."""
        if isinstance(card, Known):
            card.inn, card.kpp, card.folded = company.inn, company.kpp, company.folded
        self._recognise(card)
        if keys.external:
            self.external.setdefault(keys.external, card)
        for phone in phones:
            _put(self.phones[phone], card)
        for email in emails:
            _put(self.emails[email], card)

    def other_with(self, card: Card, inn: str, kpp: str) -> Card | None:
        """Another live card with this INN and КПП, as the database counts them."""
        wanted = (inn, kpp, None)
        others = (other for other in self.by_inn.get(inn, ()) if other is not card)
        return next((other for other in others if (other.inn, other.kpp, other.head_company_id) == wanted), None)

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
            is_other = by_inn.card is not None and by_inn.card is not by_id
            return Match(code="conflict") if is_other else Match(by_id)
        if by_inn.card is not None:
            return by_inn
        for found in (
            self._by_values(keys, self.phones, keys.phones),
            self._by_values(keys, self.emails, keys.emails),
        ):
            if found.card is not None or found.code:
                return found
        if not keys.folded:
            return Match()
        namesakes = self.names.get(keys.folded, ())
        return _one([card for card in namesakes if card.folded == keys.folded and self.is_seen(card)])

    def _by_requisites(self, keys: Keys) -> Match:
        """INN and KPP, then the INN alone where one side has no KPP."""
        held = self.by_inn.get(keys.inn) if keys.inn else None
        if not held:
            return Match()
        same_inn = [card for card in held if card.inn == keys.inn]
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
        found: list[Card] = []
        for value in values:
            holders = table.get(value, ())
            if len(holders) > SHARED:
                continue
            for card in holders:
                if self.is_seen(card) and not (keys.inn and card.inn and card.inn != keys.inn):
                    _put(found, card)
        return _one(found)


def _put(cards: list[Card], card: Card) -> None:
    if not any(held is card for held in cards):
        cards.append(card)


def _one(cards: Sequence[Card]) -> Match:
    """None, or the only one; each stands once in the lists of an index."""
    if len(cards) > 1:
        return Match(code="ambiguous")
    return Match(cards[0] if cards else None)


def _holders_of_phones(values: set[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    phones = PhoneNumber.objects.filter(e164__any_of={e164 for e164, _ in values}).order_by()
    held = phones.values_list("e164", "ext", "company_id", "contact_id")
    numbers = [((e164 or "", ext), company, person) for e164, ext, company, person in held]
    return _by_company([number for number in numbers if number[0] in values])


def _holders_of_emails(values: set[str]) -> dict[str, list[int]]:
    emails = EmailAddress.objects.filter(norm__any_of=values).order_by()
    return _by_company(list(emails.values_list("norm", "company_id", "contact_id")))


def _by_company[K](held: Sequence[tuple[K, int | None, int | None]]) -> dict[K, list[int]]:
    """The companies of (value, company, person), where a person stands for the own one.

    People are looked up apart: by a join PostgreSQL may read all of them, or start a process for it, to find none.
    """
    wanted = {person for _, _, person in held if person is not None}
    people = Contact.objects.filter(pk__any_of=wanted, deleted_at__isnull=True, company__isnull=False)
    company_of = dict(people.values_list("pk", "company_id")) if wanted else {}
    found: dict[K, list[int]] = defaultdict(list)
    for value, company, person in held:
        pk = company if company is not None else company_of.get(person or 0)
        if pk is not None:
            found[value].append(pk)
    return found
