"""The menu of a card: what this person may do with it, and why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.urls import reverse

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from companies import access
from companies.models import Company


@dataclass(frozen=True, slots=True)
class Act:
    """`refusal` shows the act disabled with its reason; `is_page` opens a page instead of a dialog."""

    label: str
    url: str
    icon: str
    refusal: str = ""
    danger: bool = False
    is_page: bool = False


def make_acts(user: User, company: Company) -> list[Act]:
    """Acts that the role never has are left out; those that this card refuses say why."""
    acts = [
        _act(user, company, "change", "Изменить всё", "company_edit", "pencil"),
        _act(user, company, "transfer", "Передать", "company_transfer", "arrow-right-left"),
        _act(user, company, "lead_request", "Состояние", "company_lead", "flame"),
        _cold(user, company),
        *_stop(user, company),
        replace(_act(user, company, "merge", "Объединить", "company_merge", "copy"), is_page=True),
    ]
    delete = "Удалить" if scope.reach(user, "delete") != Reach.NONE else "Попросить удалить"
    acts.append(_act(user, company, "delete_request", delete, "company_delete", "trash-2", danger=True))
    return acts


def _act(user: User, company: Company, verb: str, label: str, url: str, icon: str, *, danger: bool = False) -> Act:
    verdict = access.can(user, verb, company)
    return Act(label, reverse(url, args=[company.pk]), icon, "" if verdict.ok else verdict.reason, danger)


def _cold(user: User, company: Company) -> Act:
    label = "Снять «холодный»" if company.is_cold_call else "Отметить холодным"
    verb = "view" if company.is_cold_call else "mark_cold"
    return _act(user, company, verb, label, "company_cold", "snowflake")


def _stop(user: User, company: Company) -> list[Act]:
    """Whoever has called may set it too: then the form says whether; taking it off is for those who decide."""
    if not company.do_not_call:
        return [Act("Не звонить", reverse("company_stop", args=[company.pk]), "phone-off")]
    if scope.reach(user, "dnc_clear") == Reach.NONE:
        return []
    return [_act(user, company, "dnc_clear", "Снять запрет звонить", "company_stop", "phone")]
