"""Handing a company over to another person (C-51): who may, to whom, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from audit.models import Source, Verb
from audit.trail import Change
from common.errors import DomainError
from companies import access
from companies.edits import effects
from companies.edits.fields import NotAllowed, NotFound
from companies.models import Company

TARGETS = (Role.MANAGER, Role.SALES_HEAD, Role.BRANCH_DIRECTOR)


class BadTarget(DomainError):
    """The person cannot take the company over."""

    code = "bad_target"
    status = 409


@dataclass(frozen=True, slots=True)
class Transferred:
    """`is_seen` is False when the mover has lost sight of the card."""

    company: Company
    to: User
    is_seen: bool


def targets() -> QuerySet[User]:
    """People to whom companies may be given, by branch and name."""
    people = User.objects.filter(is_active=True, is_superuser=False, role__in=TARGETS)
    return people.select_related("branch").order_by("branch__name", "last_name", "first_name", "pk")


def refusal(company: Company, to: User) -> BadTarget | None:
    """Why `to` cannot take this company, or None."""
    if not to.is_active:
        return BadTarget("Сотрудник отключён.", code="inactive")
    if to.effective_role not in TARGETS:
        return BadTarget("Управляющему и администратору компании не передают.")
    if company.responsible_id == to.pk:
        return BadTarget("Уже ответственный.", code="same")
    return None


@transaction.atomic
def transfer_company(
    *, actor: User, company_id: int, to_id: int, source: Source = Source.UI, batch: UUID | None = None
) -> Transferred:
    """Responsible and branch change together; calls, notes and requests stay.

    Raises NotFound, NotAllowed, BadTarget.
    """
    visible = Company.objects.visible_to(actor).select_for_update(of=("self",)).select_related("responsible", "branch")
    company = visible.filter(pk=company_id).first()
    if company is None:
        raise NotFound("Не найдено.")
    check_right(actor, company)
    to = User.objects.select_related("branch").filter(pk=to_id).first()
    if to is None:
        raise BadTarget("Сотрудник не найден.")
    stop = refusal(company, to)
    if stop:
        raise stop
    write_transfer(company, to, actor=actor, source=source, batch=batch)
    return Transferred(company, to, Company.objects.visible_to(actor).filter(pk=company.pk).exists())


def write_transfer(company: Company, to: User, *, actor: User, source: Source, batch: UUID | None = None) -> None:
    """The change itself, for a row that is locked and checked."""
    changes = [Change("responsible", company.responsible_id, to.pk)]
    before = company.responsible.label if company.responsible else "не назначен"
    company.responsible = to
    if to.branch_id is not None and to.branch_id != company.branch_id:
        changes.append(Change("branch", company.branch_id, to.branch_id))
        company.branch = to.branch
    columns = {"responsible": company.responsible, "branch": company.branch}
    if not effects.write(company, version=company.version, columns=columns):
        raise AssertionError("the row is locked")
    message = f"Передана: {before} → {to.label}"
    effects.leave_trail(company, changes, actor=actor, source=source, verb=Verb.TRANSFER, batch=batch, message=message)
    effects.recheck(company)


def give_back(
    *, actor: User, company: Company, responsible_id: int | None, branch_id: int | None, batch: UUID
) -> None:
    """Undo of a job's transfer, of a locked row: person and branch as they were.

    Raises NotAllowed, and BadTarget when that person is switched off by now.
    """
    check_right(actor, company)
    before = User.objects.filter(pk=responsible_id).first() if responsible_id else None
    if before is not None and not before.is_active:
        raise BadTarget("Сотрудник отключён.", code="inactive")
    changes = [Change("responsible", company.responsible_id, responsible_id)]
    if branch_id != company.branch_id:
        changes.append(Change("branch", company.branch_id, branch_id))
    columns = {"responsible": responsible_id, "branch": branch_id}
    if not effects.write(company, version=company.version, columns=columns):
        raise AssertionError("the row is locked")
    words = f"Передача отменена: {before.label if before else 'без ответственного'}"
    effects.leave_trail(
        company, changes, actor=actor, source=Source.UI, verb=Verb.TRANSFER, batch=batch, message=words
    )
    effects.recheck(company)


def check_right(actor: User, company: Company) -> None:
    """Raises NotAllowed in the words of the table of roles."""
    verdict = access.can(actor, "transfer", company)
    if not verdict.ok:
        raise NotAllowed(_words(company, verdict.code) or verdict.reason, code=verdict.code)


def _words(company: Company, code: str) -> str:
    if code == "not_own" and company.responsible is not None:
        return f"Ответственный — {company.responsible.label}. Передать может он или его руководитель."
    return ""
