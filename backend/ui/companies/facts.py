"""The facts of a card, ready for components/facts.html."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from django.urls import reverse

from common.clock import DEFAULT_ZONE, local_day
from common.requisites import is_inn
from companies.models import Company, LeadState
from companies.selectors import CompanyCard
from companies.selectors.family import Family
from ui.facts import Fact
from ui.times import clock, days_left, local, number

FIELD_OF = {
    "ИНН / КПП": "inn",
    "Статус": "status",
    "Филиал": "branch",
    "Сферы": "spheres",
    "Договор": "contract_type",
    "Адрес": "address",
    "У клиента": "zone",
    "Сайт": "website",
    "ОГРН": "inn",
    "Деятельность": "activity_kind",
    "Юридическое название": "name",
    "Головная": "head_company",
}


def make_facts(
    card: CompanyCard, now: datetime, *, around: Family, may_change: bool, may_set_branch: bool
) -> list[Fact]:
    """Facts in the order in which people ask for them; empty ones that matter show a dash."""
    facts = [*_facts(card, now), *_head(around)]
    if not may_change:
        return facts
    fields = {k: v for k, v in FIELD_OF.items() if may_set_branch or v != "branch"}
    pk = card.company.pk
    edits = {label: reverse("company_field", args=[pk, name]) for label, name in fields.items()}
    edits["Ответственный"] = reverse("company_transfer", args=[pk])
    if not card.emails:
        edits["E-mail"] = reverse("company_email_new", args=[pk])
    return [replace(fact, edit=edits.get(fact.label, "")) for fact in facts]


def _facts(card: CompanyCard, now: datetime) -> list[Fact]:
    company = card.company
    facts = [
        _requisites(company),
        Fact(
            "Статус", company.status.name if company.status else "", tone=company.status.tone if company.status else ""
        ),
        Fact("Ответственный", company.responsible.label if company.responsible else ""),
        Fact("Филиал", company.branch.name if company.branch else ""),
        Fact("Сферы", ", ".join(sphere.name for sphere in card.spheres)),
        _contract(company, now),
        Fact("Адрес", company.address),
        Fact("У клиента", client_time(company, now)),
        Fact(
            "Сайт",
            company.site_host or company.website,
            href=f"https://{company.site_host}" if company.site_host else "",
        ),
    ]
    first = next(iter(card.emails), None)
    facts.append(Fact("E-mail", first.raw if first else "", href=f"mailto:{first.norm}" if first else ""))
    optional = [
        Fact("ОГРН", company.ogrn),
        Fact("Деятельность", company.activity_kind),
        Fact("Юридическое название", company.legal_name),
    ]
    return facts + [fact for fact in optional if fact.value]


def _head(around: Family) -> list[Fact]:
    """The company above, when one sees it; one in the bin has no name for anybody."""
    if around.head is not None:
        return [Fact("Головная", around.head.name, href=reverse("company_detail", args=[around.head.pk]))]
    return [Fact("Головная", "компания удалена")] if around.is_head_deleted else []


def _requisites(company: Company) -> Fact:
    if company.inn:
        value = f"{company.inn} / {company.kpp}" if company.kpp else company.inn
        return Fact("ИНН / КПП", value, sub="" if is_inn(company.inn) else "контрольная цифра не сходится")
    value = " / ".join(part for part in (company.inn_raw, company.kpp) if part)
    return Fact("ИНН / КПП", value, sub="ИНН записан не по правилам" if company.inn_raw else "")


def _contract(company: Company, now: datetime) -> Fact:
    kind = company.contract_type.name if company.contract_type else ""
    if company.contract_until is None:
        return Fact("Договор", kind)
    words, _ = days_left(company.contract_until, local_day(now, zone_of(company)))
    amount = f", {number(int(company.contract_amount))} ₽" if company.contract_amount else ""
    title = f"{kind or 'Договор'} до {company.contract_until:%d.%m.%Y}{amount}"
    return Fact("Договор", title, sub=words)


def contract_badge(company: Company, now: datetime) -> tuple[str, str]:
    """The words and the tone of the badge beside the name; ('', '') when the contract does not end soon."""
    if company.contract_until is None:
        return "", ""
    words, left = days_left(company.contract_until, local_day(now, zone_of(company)))
    kind = company.contract_type
    if left <= (kind.danger_days if kind else 7):
        return f"договор: {words}", "danger"
    return (f"договор: {words}", "warning") if left <= (kind.warn_days if kind else 14) else ("", "")


def zone_of(company: Company) -> str:
    """The client's zone, else that of the branch."""
    return company.zone or (company.branch.zone if company.branch else DEFAULT_ZONE)


def client_time(company: Company, now: datetime) -> str:
    """«14:02» at the client's and whether anybody is there; '' when the zone is not known."""
    if not company.zone and company.branch is None:
        return ""
    zone = zone_of(company)
    start, end = company.workday_start or time(9), company.workday_end or time(18)
    there = local(now, zone)
    is_off = there.weekday() > 4 or not start <= there.time() < end
    return f"{clock(now, zone)}, нерабочее время" if is_off else clock(now, zone)


def is_warm(company: Company) -> bool:
    return company.lead_state == LeadState.WARM
