"""Rows of the list, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from companies.models import LeadState
from companies.selectors import CompanyRow, PhoneLine
from phonebridge.enums import CallStatus
from ui.times import when

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
    phone: PhoneLine | None
    last_call: str
    last_result: str
    last_tone: str


def list_rows(rows: list[CompanyRow], zone: str, now: datetime) -> list[ListRow]:
    return [_row(row, zone, now) for row in rows]


def _row(row: CompanyRow, zone: str, now: datetime) -> ListRow:
    company = row.company
    result = CallStatus(row.last_call_status) if row.last_call_status in CallStatus.values else None
    owner = company.responsible
    return ListRow(
        id=company.pk,
        name=company.name,
        inn=company.inn or "",
        city=company.city,
        status=company.status.name if company.status else "",
        status_tone=company.status.tone if company.status else "",
        is_warm=company.lead_state == LeadState.WARM,
        responsible=" ".join(p for p in (owner.last_name, owner.first_name) if p) or owner.username if owner else "",
        branch=company.branch.name if company.branch else "",
        phone=row.phone,
        last_call=when(row.last_call_at, zone, now) if row.last_call_at else "",
        last_result=str(result.label) if result else "",
        last_tone=RESULT_TONES[result] if result else "neutral",
    )
