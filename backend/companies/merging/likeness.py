"""Cards that look like one that exists, and the word of a person that they are not the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from companies.duplicates import Duplicate, Strength, find_duplicates
from companies.edits import effects
from companies.edits.create import draft_of
from companies.edits.fields import NotFound
from companies.edits.rights import require
from companies.merging.errors import BadMerge
from companies.merging.numbers import identity
from companies.models import Company, Contact, EmailAddress, NotDuplicate, PhoneNumber

MOST_PEOPLE = 200
MOST_PAIRS = 5
LOUD = frozenset({Strength.BLOCKS, Strength.STRONG})


@dataclass(frozen=True, slots=True)
class PeoplePair:
    """Two people of one company who may be one; `first` is the one to keep."""

    first: Contact
    second: Contact
    words: str


def alike(viewer: User, company: Company) -> list[Duplicate]:
    """Visible cards like this one. Pairs said to be different are silent until a strong reason appears."""
    found = find_duplicates(viewer=viewer, draft=draft_of(company), with_typos=False).rows
    said = NotDuplicate.objects.filter(Q(a=company) | Q(b=company))
    silent = {pair.b_id if pair.a_id == company.pk else pair.a_id: pair.reasons for pair in said}
    return [row for row in found if not _is_silent(row, silent.get(row.company.pk))]


def _is_silent(row: Duplicate, reasons: list[str] | None) -> bool:
    return reasons is not None and (row.strength not in LOUD or row.code in reasons)


@transaction.atomic
def say_different(*, actor: User, company_id: int, other_id: int, source: Source = Source.UI) -> None:
    """Remember that two cards are not the same company. A repeat only adds today's reasons.

    Raises NotFound, NotAllowed, BadMerge.
    """
    visible = Company.objects.visible_to(actor).select_related("responsible", "branch")
    cards = {card.pk: card for card in visible.filter(pk__in=(company_id, other_id))}
    if company_id == other_id:
        raise BadMerge("Это одна и та же карточка.", code="same_card")
    if len(cards) != 2:
        raise NotFound("Не найдено.")
    company, other = cards[company_id], cards[other_id]
    require(actor, "merge", company)
    codes = [row.code for row in alike(actor, company) if row.company.pk == other.pk]
    first, second = sorted((company.pk, other.pk))
    pair, _ = NotDuplicate.objects.get_or_create(a_id=first, b_id=second, defaults={"by": actor})
    pair.reasons = sorted({*pair.reasons, *codes})
    pair.save(update_fields=["reasons"])
    for card, against in ((company, other), (other, company)):
        log_event(
            actor=actor,
            verb=Verb.UPDATE,
            entity_type="company",
            entity_id=card.pk,
            message=f"Не дубликат: {against}"[:300],
            meta={"other": against.pk, "reasons": pair.reasons},
            source=source,
        )
        effects.poke(card)


def alike_people(company: Company) -> list[PeoplePair]:
    """People of the card with one name, one number or one address; three queries."""
    rows = Contact.objects.filter(company=company, deleted_at__isnull=True).order_by("-is_primary", "pk")
    people = {person.pk: person for person in rows[:MOST_PEOPLE]}
    found: dict[tuple[int, int], str] = {}
    for words, groups in _groups(people):
        for group in groups.values():
            for second in group[1:]:
                found.setdefault((group[0], second), words)
    return [PeoplePair(people[a], people[b], words) for (a, b), words in list(found.items())[:MOST_PAIRS]]


def _groups(people: dict[int, Contact]) -> Iterator[tuple[str, dict[object, list[int]]]]:
    place = {pk: position for position, pk in enumerate(people)}
    phones = PhoneNumber.objects.filter(contact__in=people, e164__isnull=False)
    emails = EmailAddress.objects.filter(contact__in=people)
    by_name = [(person.folded, pk) for pk, person in people.items() if person.folded]
    by_phone = [(identity(row), row.contact_id or 0) for row in phones]
    by_email = [(row.norm, row.contact_id or 0) for row in emails]
    for words, pairs in (("одно имя", by_name), ("один телефон", by_phone), ("один e-mail", by_email)):
        groups: dict[object, list[int]] = {}
        for key, pk in pairs:
            groups.setdefault(key, []).append(pk)
        yield words, {key: sorted(set(pks), key=place.__getitem__) for key, pks in groups.items()}
