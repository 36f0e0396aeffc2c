"""Who is calling: the one card that a number means to a person."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, OuterRef, Subquery, Value, When
from django.db.models.functions import Left

from accounts.models import User
from common import phones
from companies.models import Company, CompanyNote, Contact, PhoneNumber
from companies.models.numbers import HOLDER, PhoneQuerySet
from companies.notes import mentions

MAX_NOTE = 120
MOST_ROWS = 500  # of one number, the newest: a number on thousands of cards names nobody and must not take a second
NAMES = ("last_name", "first_name", "middle_name")
NAMES_OF_CONTACT = tuple(f"contact__{name}" for name in NAMES)
READ_OF_NOTE = 400  # blank lines at its beginning do not count


@dataclass(frozen=True, slots=True)
class Caller:
    """`title` is the company, or a person without one; `contact` holds the number; `note` is one line."""

    title: str
    contact: str = ""
    note: str = ""
    company_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A card with a number, for whoever asks: the truth of the base, no words."""

    company_id: int | None
    contact_id: int | None
    responsible_id: int | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The cards with a number that a person may see, newest activity first; `more` of them are left out.

    `is_foreign`: there are cards, and none of them is for this person's eyes.
    """

    rows: tuple[Caller, ...] = ()
    more: int = 0
    is_foreign: bool = False


MOST_CANDIDATES = 20
_HELD = (
    *("company_id", "contact_id", "contact__company_id"),
    *("company__responsible_id", "contact__company__responsible_id", "contact__responsible_id"),
)


def holders_of(e164: str) -> list[Holder]:
    """Companies, and people without one, that have this number; one query. Rights do not count here."""
    if not e164:
        return []
    rows = PhoneNumber.objects.meaning(e164).filter(is_invalid=False, contact__deleted_at__isnull=True)
    rows = rows.filter(company__deleted_at__isnull=True, contact__company__deleted_at__isnull=True)
    found: dict[tuple[str, int], Holder] = {}
    for company, contact, employer, keeper, keeper_of_employer, keeper_of_person in rows.order_by("-pk").values_list(
        *_HELD
    )[:MOST_ROWS]:
        if company or employer:
            key = ("company", company or employer)
            found.setdefault(key, Holder(company or employer, contact, keeper or keeper_of_employer))
        else:
            found[("contact", contact)] = Holder(None, contact, keeper_of_person)
    return list(found.values())


def candidates_of(*, viewer: User, e164: str) -> Candidates:
    """Between whom `viewer` may choose for a call of this number."""
    holders = holders_of(e164)
    persons = {holder.company_id: holder.contact_id for holder in holders if holder.company_id}
    companies = Company.objects.visible_to(viewer).filter(pk__in=persons, merged_into__isnull=True)
    lone = Contact.objects.visible_to(viewer).filter(
        company__isnull=True, pk__in=[holder.contact_id for holder in holders if not holder.company_id]
    )
    total = companies.count() + lone.count()
    rows = [
        Caller(title=company.name, company_id=company.pk, contact_id=persons[company.pk])
        for company in companies.order_by("-updated_at", "-pk")[:MOST_CANDIDATES]
    ]
    left = MOST_CANDIDATES - len(rows)
    rows += [Caller(title=one.full_name, contact_id=one.pk) for one in lone.order_by("-updated_at", "-pk")[:left]]
    return Candidates(tuple(rows), total - len(rows), is_foreign=bool(holders) and not total)


def who_calls(*, viewer: User, phone: str) -> Caller | None:
    """Whom `phone` means to `viewer`: own companies first, then the last changed; at most two queries.

    None for a number that is not whole, for an unknown one and for what the viewer may not see.
    """
    number = phones.normalise(phone)
    if not number.e164:
        return None
    rows = PhoneNumber.objects.meaning(number.e164).filter(is_invalid=False).order_by("-pk").values("pk")
    same = PhoneNumber.objects.filter(pk__in=rows[:MOST_ROWS], contact__deleted_at__isnull=True)
    return _company(viewer, same, number.ext) or _lone_person(viewer, same)


def _company(viewer: User, same: PhoneQuerySet, ext: str) -> Caller | None:
    holders = same.annotate(holder=HOLDER).values("holder")
    notes = CompanyNote.objects.filter(company=OuterRef("pk"), deleted_at__isnull=True)
    last = notes.order_by("-created_at", "-pk").annotate(beginning=Left("text", READ_OF_NOTE)).values("beginning")
    rows = (
        Company.objects.visible_to(viewer)
        .filter(pk__in=holders, merged_into__isnull=True)
        .order_by(_others_last(viewer), "-updated_at", "-pk")
        .values_list("pk", "name", Subquery(last[:1]))
    )
    row = rows.first()
    if row is None:
        return None
    pk, name, said = row
    holder = _holder(same, pk, ext)
    return Caller(
        title=name,
        contact=holder.full_name if holder else "",
        note=one_line(mentions.plain(said or "")),
        company_id=pk,
        contact_id=holder.pk if holder else None,
    )


def _holder(same: PhoneQuerySet, company_id: int, ext: str) -> Contact | None:
    """Whose number it is in that company; None when it is the company's own."""
    other_ext = Case(When(ext=ext, then=Value(0)), default=Value(1))
    rows = same.filter(contact__company=company_id).select_related("contact").only("contact", *NAMES_OF_CONTACT)
    row = rows.order_by(other_ext, "-contact__is_primary", "-is_primary", "pk").first()
    return row.contact if row else None


def _lone_person(viewer: User, same: PhoneQuerySet) -> Caller | None:
    """A person of no company, by their own owner and branch."""
    rows = Contact.objects.visible_to(viewer).filter(company__isnull=True, pk__in=same.values("contact_id"))
    person = rows.order_by(_others_last(viewer), "-updated_at", "-pk").only(*NAMES, "note").first()
    if person is None:
        return None
    return Caller(title=person.full_name, note=one_line(person.note), contact_id=person.pk)


def _others_last(viewer: User) -> Case:
    return Case(When(responsible=viewer, then=Value(0)), default=Value(1))


def one_line(text: str) -> str:
    """The beginning of a note on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_NOTE else line[: MAX_NOTE - 1].rstrip() + "…"
