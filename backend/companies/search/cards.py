"""The final gate: candidates that the viewer may see, in their order; the first of them are read whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts import scope
from accounts.models import User
from companies.models import Company, Contact
from companies.search.candidates import Candidate, Key, Tier
from companies.search.parse import Asked
from companies.search.words import look
from companies.selectors.last_call import last_call

OF_COMPANY = ("name", "legal_name", "inn", "ogrn", "city", "website", "do_not_call")
OF_CONTACT = ("last_name", "first_name", "middle_name", "position", "do_not_call", "company_id")
OF_HOLDER = ("company__name", "company__inn", "company__ogrn", "company__do_not_call")
NAMES = ("last_name", "first_name", "middle_name")


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate that the viewer may see, with what orders it."""

    candidate: Candidate
    name: str
    owner_id: int | None
    called_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A hit with its company (None for a person of no company) and person, if it is one."""

    candidate: Candidate
    company: Company | None
    contact: Contact | None

    @property
    def title(self) -> str:
        return self.contact.full_name if self.contact else (self.company.name if self.company else "")


def visible(viewer: User, candidates: Iterable[Candidate]) -> list[Seen]:
    """Those that `allowed` lets through: the index is a hint, the row is the truth. At most two queries."""
    by_key = {candidate.key: candidate for candidate in candidates}
    seen: list[Seen] = []
    if companies := _ids(by_key, "company"):
        cards = _allowed_companies(viewer, companies).annotate(called_at=last_call("created_at"))
        for pk, name, owner, called in cards.values_list("pk", "name", "responsible_id", "called_at"):
            seen.append(Seen(by_key["company", pk], name, owner, called))
    if contacts := _ids(by_key, "contact"):
        people = Contact.objects.allowed(viewer, "view").filter(pk__in=contacts)
        people = people.annotate(called_at=last_call("created_at", company="company_id"))
        columns = ("pk", *NAMES, "responsible_id", "company__responsible_id", "called_at")
        for pk, last, first, middle, own, via, called in people.values_list(*columns):
            seen.append(Seen(by_key["contact", pk], f"{last} {first} {middle}".strip(), own or via, called))
    return seen


def _ids(by_key: dict[Key, Candidate], kind: str) -> list[int]:
    return sorted(pk for found, pk in by_key if found == kind)


def _allowed_companies(viewer: User, ids: list[int]) -> QuerySet[Company]:
    return Company.objects.allowed(viewer, "view").filter(pk__in=ids)


def rank(viewer: User, seen: Iterable[Seen], asked: Asked) -> list[Candidate]:
    """The surest first; then own companies, the last called, shorter names, ids."""
    own = set(scope.owners(viewer))

    def place(one: Seen) -> tuple[object, ...]:
        called = one.called_at.timestamp() if one.called_at else 0.0
        return (*_tier(one, asked), one.owner_id not in own, -called, len(one.name), one.candidate.key)

    return [one.candidate for one in sorted(seen, key=place)]


def _tier(one: Seen, asked: Asked) -> tuple[int, int]:
    """A name alone may be equal where the stored text goes on with words of the legal name."""
    tier, within = one.candidate.place
    if tier == Tier.NAME_BEGINS and look(one.name) == asked.folded:
        return Tier.SAME_NAME, within
    return tier, within


def read(viewer: User, ranked: list[Candidate]) -> list[Card]:
    """The cards of the few that are shown, in this order; at most two queries."""
    by_key = {candidate.key: candidate for candidate in ranked}
    found: dict[Key, tuple[Company | None, Contact | None]] = {}
    if companies := _ids(by_key, "company"):
        for card in _allowed_companies(viewer, companies).only(*OF_COMPANY):
            found["company", card.pk] = (card, None)
    if contacts := _ids(by_key, "contact"):
        people = Contact.objects.allowed(viewer, "view").filter(pk__in=contacts).select_related("company")
        for person in people.only(*OF_CONTACT, *OF_HOLDER):
            found["contact", person.pk] = (person.company, person)
    return [Card(candidate, *found[candidate.key]) for candidate in ranked if candidate.key in found]
