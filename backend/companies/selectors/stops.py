"""Who asked not to be called, when, and who wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.models import FieldChange
from companies.models import Company, Contact, DoNotCall, PhoneNumber

Card = Company | Contact


@dataclass(frozen=True, slots=True)
class Stop:
    """`at` is None and `by` '' where nobody wrote it down: flags that an import brought."""

    at: datetime | None = None
    by: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """«Просили не звонить: 03.10.2026, Анна Зайцева»."""
        parts = [f"{self.at:%d.%m.%Y}" if self.at else "", self.by]
        known = ", ".join(part for part in parts if part)
        return f"Просили не звонить: {known}" if known else "Просили не звонить"


def stop_of(card: Card) -> Stop | None:
    """The flag of a company or a person with who set it; None when there is none. One query when there is."""
    if not card.do_not_call:
        return None
    kind = "company" if isinstance(card, Company) else "contact"
    rows = FieldChange.objects.filter(entity_type=kind, entity_id=card.pk, field="do_not_call", new=True)
    row = rows.select_related("actor").order_by("-pk").first()
    if row is None:
        return Stop()
    return Stop(row.created_at, row.actor.label if row.actor else "")


def stop_of_number(e164: str) -> Stop | None:
    row = DoNotCall.objects.select_related("by").filter(e164=e164).first() if e164 else None
    return Stop(row.since, row.by.label if row.by else "", row.reason) if row else None


def has_stopped_holder(e164: str, company: Company | None = None) -> bool:
    """True when the number is of somebody who asked not to be called: of anybody, or of a person of `company`."""
    rows = PhoneNumber.objects.filter(e164=e164)
    if company is not None:
        people = Q(contact__company=company, contact__deleted_at__isnull=True, contact__do_not_call=True)
        return rows.filter(people).exists()
    flagged = Q(company__do_not_call=True) | Q(contact__do_not_call=True) | Q(contact__company__do_not_call=True)
    return rows.filter(flagged, company__deleted_at__isnull=True, contact__deleted_at__isnull=True).exists()
