"""Next steps that the card itself knows: requests that wait, a contract that ends, nobody responsible."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from common.clock import DEFAULT_ZONE, local_day
from common.steps import Step, Urgency
from common.text import plural
from companies.models import Company, CompanyDeletionRequest, CompanyLeadStateRequest, RequestStatus

WARN_DAYS, DANGER_DAYS = 14, 7


def next_steps(company: Company, viewer: User, now: datetime) -> list[Step]:
    """At most two queries. The caller has checked that `viewer` sees the card."""
    steps = [*_requests(company), *_contract(company, now)]
    if company.responsible_id is None:
        steps.append(Step(Urgency.SOON, "нет ответственного", "Попросите руководителя назначить его", "warning"))
    return steps


def _requests(company: Company) -> list[Step]:
    lead = CompanyLeadStateRequest.objects.filter(company=company, status=RequestStatus.PENDING)
    deletion = CompanyDeletionRequest.objects.filter(company=company, status=RequestStatus.PENDING)
    waiting: list[tuple[str, CompanyLeadStateRequest | CompanyDeletionRequest]] = [
        *(("Запрос на смену состояния", row) for row in lead.select_related("requested_by")),
        *(("Запрос на удаление", row) for row in deletion.select_related("requested_by")),
    ]
    steps = []
    for words, row in waiting:
        by = row.requested_by.label if row.requested_by else "сотрудник"
        text = f"{words}: {by}"
        steps.append(Step(Urgency.SOON, "ждёт решения", text, "info", row.created_at, "/requests/", f"r{row.pk}"))
    return steps


def _contract(company: Company, now: datetime) -> list[Step]:
    if company.contract_until is None:
        return []
    zone = company.zone or (company.branch.zone if company.branch else DEFAULT_ZONE)
    days = (company.contract_until - local_day(now, zone)).days
    kind = company.contract_type
    if days > (kind.warn_days if kind else WARN_DAYS):
        return []
    text = f"Договор до {company.contract_until:%d.%m.%Y}"
    if days < 0:
        return [Step(Urgency.SOON, "истёк", text, "danger", key="contract")]
    badge = "сегодня" if days == 0 else f"{days} {plural(days, 'день', 'дня', 'дней')}"
    is_danger = days <= (kind.danger_days if kind else DANGER_DAYS)
    return [Step(Urgency.SOON, badge, text, "danger" if is_danger else "warning", key="contract")]
