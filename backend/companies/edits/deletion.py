"""To the bin and back: a deleted card is kept for thirty days, then its data is erased (C-18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from audit.trail import Change
from common.errors import DomainError
from companies.edits import effects
from companies.edits.fields import taken
from companies.edits.marks import reason_of
from companies.edits.rights import company_for
from companies.models import (
    ClosedBy,
    Company,
    CompanyDeletionRequest,
    CompanyLeadStateRequest,
    Contact,
    RequestStatus,
)

Hook = Callable[[int], None]
_purge_hooks: list[Hook] = []


class InUse(DomainError):
    code = "in_use"
    status = 409


def on_purge(hook: Hook) -> None:
    """`hook(company_id)` erases or unlinks what an upper room keeps about a card; registered in AppConfig.ready()."""
    _purge_hooks.append(hook)


def delete_company(*, actor: User, company_id: int, reason: str, source: Source = Source.UI) -> Company:
    """An administrator deletes without a request. Raises NotFound, NotAllowed, BadRecord."""
    why = reason_of(reason)
    with transaction.atomic():
        company = company_for(actor, "delete", company_id)
        write_deletion(company, actor=actor, reason=why, source=source)
    return company


def write_deletion(company: Company, *, actor: User, reason: str, source: Source) -> None:
    """The change itself, of a locked row."""
    columns = {"deleted_at": Now(), "deleted_by": actor}
    if not effects.write(company, version=company.version, columns=columns):
        raise AssertionError("the row is locked")
    for model in (CompanyLeadStateRequest, CompanyDeletionRequest):
        rows = model._default_manager.filter(company=company, status=RequestStatus.PENDING)
        rows.update(status=RequestStatus.CANCELLED, closed_by=ClosedBy.DELETED, decided_at=Now())
    change = Change("deleted", None, True)
    message = f"Удалена: {company.name}. {reason}".rstrip(". ")
    effects.leave_trail(company, [change], actor=actor, source=source, verb=Verb.DELETE, message=message)
    effects.recheck(company)


def restore_company(*, actor: User, company_id: int, source: Source = Source.UI) -> Company:
    """Back from the bin as it was. Raises NotFound, NotAllowed, Taken."""
    try:
        with transaction.atomic():
            company = company_for(actor, "restore", company_id)
            if company.merged_into_id is not None:
                raise InUse("Компания объединена с другой: отмените объединение.")
            owner = company.responsible
            if owner is not None and not owner.is_active:
                company.responsible = None
            columns = {"deleted_at": None, "deleted_by": None, "responsible": company.responsible}
            if not effects.write(company, version=company.version, columns=columns):
                raise AssertionError("the row is locked")
            company.deleted_at = None
            change = Change("deleted", True, None)
            message = f"Восстановлена: {company.name}"
            effects.leave_trail(company, [change], actor=actor, source=source, message=message)
            effects.recheck(company)
    except IntegrityError as error:
        raise taken(actor, company) from error
    return company


def purge_now(*, actor: User, company_id: int, source: Source = Source.UI) -> str:
    """Erase a card of the bin before its days are over; returns its name. Raises NotFound, NotAllowed, InUse."""
    with transaction.atomic():
        company = company_for(actor, "purge", company_id)
        if company.merged_into_id is not None:
            raise InUse("Компания объединена с другой: отмените объединение.")
        words = f"Стёрта до срока: {company.name}"
        log_event(
            actor=actor,
            verb=Verb.DELETE,
            entity_type="company",
            entity_id=company.pk,
            message=words[:300],
            source=source,
        )
        purge_company(company.pk)
    return company.name


def purge_company(company_id: int) -> bool:
    """Erase a card of the bin for good; calls keep its name without a link. False when it is not there any more."""
    with transaction.atomic():
        rows = Company.objects.select_for_update(of=("self",)).filter(pk=company_id, deleted_at__isnull=False)
        company = rows.first()
        if company is None:
            return False
        for hook in _purge_hooks:
            hook(company.pk)
        Company.objects.filter(head_company=company).update(head_company=None)
        words = "Стёрта из корзины"
        log_event(actor=None, verb=Verb.DELETE, entity_type="company", entity_id=company.pk, message=words)
        company.delete()
    return True


def purge_old() -> int:
    """Cards that have lain in the bin for longer than the setting says."""
    before = timezone.now() - timedelta(days=settings.BIN_DAYS)
    old = Company.objects.filter(deleted_at__lt=before, merged_into__isnull=True).order_by("pk")
    return sum(purge_company(pk) for pk in list(old.values_list("pk", flat=True)[:500]))


def purge_people() -> int:
    """People who have lain in the bin as long, with their numbers; calls and notes stay without a link."""
    before = timezone.now() - timedelta(days=settings.BIN_DAYS)
    old = Contact.objects.filter(deleted_at__lt=before, merged_into__isnull=True).order_by("pk")
    pks = list(old.values_list("pk", flat=True)[:500])
    Contact.objects.filter(pk__in=pks, deleted_at__lt=before).delete()
    return len(pks)
