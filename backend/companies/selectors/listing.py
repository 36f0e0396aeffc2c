"""The list of companies: what the URL asks for, one page of rows, a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from accounts.models import User
from companies.models import Company, CompanyQuerySet, Contact, LeadState, PhoneNumber
from companies.selectors.last_call import last_call
from companies.selectors.numbers import PhoneLine, phone_line, stopped_numbers
from companies.selectors.search import Search, company_match, parse

PAGE_SIZES = (25, 50, 100, 200)
SORTS = {
    "name": ("folded", "name", "pk"),
    "-name": ("-folded", "-name", "-pk"),
    "call": (F("last_call_at").asc(nulls_last=True), "pk"),
    "-call": (F("last_call_at").desc(nulls_last=True), "-pk"),
}
DEFAULT_SORT = ("-updated_at", "-pk")
MAX_ID = 2**63 - 1
NOBODY = "none"
NO_ROW = -1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What the URL asks for. An id of −1 stands for a value that no row can have: it finds nothing."""

    search: Search
    q: str = ""
    status: int | None = None
    sphere: int | None = None
    responsible: int | None = None
    has_no_responsible: bool = False
    branch: int | None = None
    has_no_branch: bool = False
    lead_state: str = ""
    has_phone: bool | None = None
    is_mine: bool = False
    sort: str = ""

    @property
    def is_filtered(self) -> bool:
        return self != ListQuery(search=Search(), sort=self.sort)


@dataclass(frozen=True, slots=True)
class CompanyRow:
    company: Company
    phone: PhoneLine | None
    last_call_at: datetime | None
    last_call_status: str | None


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """`page` has Django's numbers; `rows` are what it shows."""

    page: Page[Company]
    rows: list[CompanyRow]


def read_id(text: str) -> int | None:
    """A row's id; None when nothing was said, −1 when no row can have it."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID:
        return int(text)
    return NO_ROW


def read_query(params: Mapping[str, str]) -> ListQuery:
    """The filters of a URL; what cannot be understood finds nothing and never fails."""
    q = params.get("q", "").replace("\x00", "").strip()
    branch, responsible = params.get("branch", ""), params.get("responsible", "")
    lead_state, sort = params.get("lead_state", ""), params.get("sort", "")
    return ListQuery(
        search=parse(q),
        q=q[:200],
        status=read_id(params.get("status", "")),
        sphere=read_id(params.get("sphere", "")),
        responsible=None if responsible == NOBODY else read_id(responsible),
        has_no_responsible=responsible == NOBODY,
        branch=None if branch == NOBODY else read_id(branch),
        has_no_branch=branch == NOBODY,
        lead_state=lead_state if lead_state in {"", *LeadState.values} else NOBODY,
        has_phone={"yes": True, "no": False}.get(params.get("has_phone", "")),
        is_mine=params.get("mine") == "1",
        sort=sort if sort in SORTS else "",
    )


def filter_companies(user: User, query: ListQuery) -> CompanyQuerySet:
    """The visible companies that the query means."""
    companies = Company.objects.visible_to(user).filter(company_match(query.search))
    equal = {
        "status_id": query.status,
        "spheres": query.sphere,
        "responsible_id": query.responsible,
        "branch_id": query.branch,
        "lead_state": query.lead_state or None,
    }
    companies = companies.filter(**{column: value for column, value in equal.items() if value is not None})
    if query.has_no_responsible:
        companies = companies.filter(responsible__isnull=True)
    if query.has_no_branch:
        companies = companies.filter(branch__isnull=True)
    if query.is_mine:
        companies = companies.filter(responsible=user)
    if query.has_phone is not None:
        companies = companies.filter(_has_phone() if query.has_phone else ~_has_phone())
    return companies


def _has_phone() -> Q:
    own = PhoneNumber.objects.filter(company=OuterRef("pk"))
    people = PhoneNumber.objects.filter(contact__company=OuterRef("pk"), contact__deleted_at__isnull=True)
    return Q(Exists(own)) | Q(Exists(people))


def search_companies(user: User, query: ListQuery, *, page: str = "1", size: int = PAGE_SIZES[0]) -> CompanyPage:
    """One page of what `user` may see; a page that does not exist gives the nearest one."""
    companies: QuerySet[Company] = filter_companies(user, query).annotate(
        last_call_at=last_call("created_at"), last_call_status=last_call("call_status")
    )
    companies = companies.order_by(*SORTS.get(query.sort, DEFAULT_SORT))
    full: QuerySet[Company] = companies.select_related("status", "responsible", "branch").prefetch_related(
        Prefetch("phones", PhoneNumber.objects.filter(is_primary=True), to_attr="primary_phones"),
        Prefetch(
            "contacts",
            Contact.objects.filter(deleted_at__isnull=True, is_primary=True).prefetch_related(
                Prefetch("phones", PhoneNumber.objects.filter(is_primary=True), to_attr="primary_phones")
            ),
            to_attr="primary_contacts",
        ),
    )
    shown = Paginator(full, size).get_page(page)
    return CompanyPage(shown, _rows(list(shown.object_list)))


def _rows(companies: list[Company]) -> list[CompanyRow]:
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
