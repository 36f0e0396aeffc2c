"""Rows of the lists, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from common.clock import local_day
from companies.models import LeadState
from companies.selectors import CompanyRow, PersonRow, PhoneLine
from phonebridge.enums import CallStatus
from ui.times import days_left, when

RESULT_TONES = {
    CallStatus.CONNECTED: "success",
    CallStatus.NO_ANSWER: "danger",
    CallStatus.BUSY: "warning",
    CallStatus.REJECTED: "danger",
    CallStatus.MISSED: "danger",
    CallStatus.UNKNOWN: "violet",
}


@dataclass(frozen=True, slots=True)
class ListRow:
    id: int
    name: str
    inn: str
    city: str
    status: str
    status_tone: str
    is_warm: bool
    responsible: str
    branch: str
    spheres: str
    contract: str
    phone: PhoneLine | None
    last_call: str
    last_result: str
    last_tone: str
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """`url` is the company's card; without a company the row opens the contact's own form."""

    id: int
    name: str
    company_id: int | None
    company: str
    position: str
    status: str
    responsible: str
    branch: str
    phone: PhoneLine | None
    email: str
    created: str
    updated: str


def list_rows(rows: list[CompanyRow], zone: str, now: datetime) -> list[ListRow]:
    return [_row(row, zone, now) for row in rows]


def contact_rows(rows: list[PersonRow], zone: str, now: datetime) -> list[ContactRow]:
    return [_contact(row, zone, now) for row in rows]


def _row(row: CompanyRow, zone: str, now: datetime) -> ListRow:
    company = row.company
    result = CallStatus(row.last_call_status) if row.last_call_status in CallStatus.values else None
    return ListRow(
        id=company.pk,
        name=company.name,
        inn=company.inn or "",
        city=company.city,
        status=company.status.name if company.status else "",
        status_tone=company.status.tone if company.status else "",
        is_warm=company.lead_state == LeadState.WARM,
        responsible=_short(company.responsible),
        branch=company.branch.name if company.branch else "",
        spheres=", ".join(row.spheres),
        contract=_contract(row, zone, now),
        phone=row.phone,
        last_call=when(row.last_call_at, zone, now) if row.last_call_at else "",
        last_result=str(result.label) if result else "",
        last_tone=RESULT_TONES[result] if result else "neutral",
        created=when(company.created_at, zone, now),
        updated=when(company.updated_at, zone, now),
    )


def _contact(row: PersonRow, zone: str, now: datetime) -> ContactRow:
    person = row.contact
    return ContactRow(
        id=person.pk,
        name=person.full_name,
        company_id=person.company_id,
        company=person.company.name if person.company else "",
        position=person.position,
        status=person.status,
        responsible=_short(row.responsible),
        branch=row.branch.name if row.branch else "",
        phone=row.phone,
        email=row.email,
        created=when(person.created_at, zone, now),
        updated=when(person.updated_at, zone, now),
    )


def _short(person: User | None) -> str:
    if person is None:
        return ""
    return " ".join(p for p in (person.last_name, person.first_name) if p) or person.username


def _contract(row: CompanyRow, zone: str, now: datetime) -> str:
    """«Рамка до 05.12.2026 (осталось 8 дней)»."""
    company = row.company
    kind = company.contract_type.name if company.contract_type else ""
    if company.contract_until is None:
        return kind
    words, _ = days_left(company.contract_until, local_day(now, company.branch.zone if company.branch else zone))
    return f"{kind} до {company.contract_until:%d.%m.%Y}, {words}".strip()
