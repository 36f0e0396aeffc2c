"""The list of companies: one page of what an address means, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import F, Prefetch
from django.db.models.expressions import OrderBy

from accounts.models import User
from companies.listing import Filter, filter_q
from companies.models import Company, CompanyQuerySet, Contact, PhoneNumber
from companies.selectors.last_call import last_call
from companies.selectors.numbers import PhoneLine, phone_line, stopped_numbers
from companies.selectors.paging import read_page

# The columns behind each key of the grammar's orders.
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("folded", "name"),
    "inn": ("inn",),
    "status": ("status__order", "status__name"),
    "lead_state": ("lead_state",),
    "responsible": ("responsible__last_name", "responsible__first_name"),
    "branch": ("branch__name",),
    "city": ("city",),
    "contract": ("contract_until",),
    "call": ("last_call_at",),
    "created": ("created_at",),
    "updated": ("updated_at",),
}
FILLED = {"name", "lead_state", "created", "updated"}
PRIMARY = PhoneNumber.objects.filter(is_primary=True)


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """`spheres` are read when the column is shown."""

    company: Company
    phone: PhoneLine | None
    last_call_at: datetime | None
    last_call_status: str | None
    spheres: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """`page` has Django's numbers; `total` is None when counting took too long."""

    page: Page[Company]
    rows: list[CompanyRow]
    total: int | None


def ordering(key: str, columns: dict[str, tuple[str, ...]], filled: set[str]) -> list[OrderBy | str]:
    """Columns of an order with its direction; empty ones last either way, then by number."""
    name = key.removeprefix("-")
    is_down = key.startswith("-")
    last = None if name in filled else True
    by = [F(column).desc(nulls_last=last) if is_down else F(column).asc(nulls_last=last) for column in columns[name]]
    return [*by, "-pk" if is_down else "pk"]


def search_companies(user: User, found: Filter, *, page: str = "1", size: int) -> CompanyPage:
    """One page of what `user` may see; a page that does not exist gives the nearest one."""
    rows = Company.objects.visible_to(user).filter(filter_q(found, user))
    called = {"last_call_at": last_call("created_at"), "last_call_status": last_call("call_status")}
    ordered = rows.annotate(**called) if found.order.endswith("call") else rows
    ordered = ordered.order_by(*ordering(found.order, SORTS, FILLED))
    full = _joined(Company.objects.annotate(**called), found.columns)
    shown = read_page(rows, ordered, full, page=page, size=size, is_sought=bool(found.q))
    return CompanyPage(shown.page, _rows(list(shown.page.object_list), found.columns), shown.total)


def _joined(rows: Any, columns: Sequence[str]) -> CompanyQuerySet:
    people = Contact.objects.filter(deleted_at__isnull=True, is_primary=True)
    full: CompanyQuerySet = rows.select_related("status", "responsible", "branch", "contract_type").prefetch_related(
        Prefetch("phones", PRIMARY, to_attr="primary_phones"),
        Prefetch(
            "contacts",
            people.prefetch_related(Prefetch("phones", PRIMARY, to_attr="primary_phones")),
            to_attr="primary_contacts",
        ),
    )
    return full.prefetch_related("spheres") if "spheres" in columns else full


def _rows(companies: list[Company], columns: Sequence[str]) -> list[CompanyRow]:
    numbers = {company.pk: _number_of(company) for company in companies}
    stopped = stopped_numbers(found[0] for found in numbers.values() if found)
    rows = []
    for company in companies:
        found = numbers[company.pk]
        line = phone_line(found[0], company=company, contact=found[1], stopped=stopped) if found else None
        rows.append(
            CompanyRow(
                company,
                line,
                getattr(company, "last_call_at", None),
                getattr(company, "last_call_status", None),
                tuple(sphere.name for sphere in company.spheres.all()) if "spheres" in columns else (),
            )
        )
    return rows


def _number_of(company: Company) -> tuple[PhoneNumber, Contact | None] | None:
    """The company's own primary number, else that of its primary contact."""
    for number in getattr(company, "primary_phones", ()):
        return number, None
    for contact in getattr(company, "primary_contacts", ()):
        for number in contact.primary_phones:
            return number, contact
    return None
