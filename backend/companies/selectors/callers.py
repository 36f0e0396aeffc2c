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
