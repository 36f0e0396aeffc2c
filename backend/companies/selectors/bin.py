"""What lies in the bin: companies for administrators, people for whoever may change their company."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from audit.models import AuditLog, Verb
from companies import access
from companies.models import Company, Contact

MOST = 200


def bin_companies(user: User) -> QuerySet[Company]:
    """Deleted cards, the latest first; merged ones come back by undoing the merge."""
    rows = Company.objects.allowed(user, "restore").filter(merged_into__isnull=True)
    return rows.select_related("deleted_by", "responsible", "branch").order_by("-deleted_at", "-pk")


def reasons_of(companies: list[Company]) -> dict[int, str]:
    """Why each card was deleted, as the trail says it; one query."""
    ids = [str(company.pk) for company in companies]
    rows = AuditLog.objects.filter(entity_type="company", entity_id__in=ids, verb=Verb.DELETE).order_by("pk")
    names = {company.pk: company.name for company in companies}
    found = {int(row.entity_id): row.message for row in rows}
    return {pk: words.removeprefix(f"Удалена: {names[pk]}").removeprefix(". ") for pk, words in found.items()}


def bin_people(company: Company) -> QuerySet[Contact]:
    """Deleted people of a card, the latest first."""
    rows = Contact.objects.filter(company=company, deleted_at__isnull=False, merged_into__isnull=True)
    return rows.order_by("-deleted_at", "-pk")


def bin_lone_people(user: User) -> QuerySet[Contact]:
    """Deleted people of no company whom `user` may bring back, the latest first."""
    return Contact.objects.filter(access.lone_bin_q(user)).order_by("-deleted_at", "-pk")


def erased_on(deleted_at: datetime) -> datetime:
    """When the clock erases what was deleted at this moment."""
    return deleted_at + timedelta(days=settings.BIN_DAYS)
