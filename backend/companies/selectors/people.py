"""The list of contacts: one page of what an address means, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import Prefetch
from django.db.models.functions import Coalesce

from accounts.models import Branch, User
from companies.listing import Filter, filter_q
from companies.models import Contact, EmailAddress
from companies.selectors.listing import PRIMARY, ordering
from companies.selectors.numbers import PhoneLine, phone_line, stopped_numbers
from companies.selectors.paging import read_page

SORTS: dict[str, tuple[str, ...]] = {
    "name": ("folded",),
    "company": ("company__folded",),
    "position": ("position",),
    "status": ("status",),
    "responsible": ("owner_name",),
    "branch": ("branch_name",),
    "created": ("created_at",),
    "updated": ("updated_at",),
}
FILLED = {"name", "position", "status", "created", "updated"}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`responsible` and `branch` are the company's, or the contact's own without one."""

    contact: Contact
    responsible: User | None
    branch: Branch | None
    phone: PhoneLine | None
    email: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    page: Page[Contact]
    rows: list[PersonRow]
    total: int | None


def search_people(user: User, found: Filter, *, page: str = "1", size: int) -> PeoplePage:
    """One page of the contacts that `user` may see; a page that does not exist gives the nearest one."""
    rows = Contact.objects.visible_to(user).filter(filter_q(found, user))
    annotated = rows.alias(
        owner_name=Coalesce("company__responsible__last_name", "responsible__last_name"),
        branch_name=Coalesce("company__branch__name", "branch__name"),
    )
    ordered = annotated.order_by(*ordering(found.order, SORTS, FILLED))
    full = Contact.objects.select_related("company__responsible", "company__branch", "responsible", "branch")
    full = full.prefetch_related(
        Prefetch("phones", PRIMARY, to_attr="primary_phones"),
        Prefetch("emails", EmailAddress.objects.filter(is_primary=True), to_attr="primary_emails"),
    )
    shown = read_page(rows, ordered, full, page=page, size=size, is_sought=bool(found.q))
    return PeoplePage(shown.page, _rows(list(shown.page.object_list)), shown.total)


def _rows(people: list[Contact]) -> list[PersonRow]:
    numbers = {person.pk: next(iter(getattr(person, "primary_phones", ())), None) for person in people}
    stopped = stopped_numbers(number for number in numbers.values() if number)
    rows = []
    for person in people:
        number, holder = numbers[person.pk], person.company or person
        line = phone_line(number, company=person.company, contact=person, stopped=stopped) if number else None
        email = next(iter(getattr(person, "primary_emails", ())), None)
        rows.append(PersonRow(person, holder.responsible, holder.branch, line, email.raw if email else ""))
    return rows
