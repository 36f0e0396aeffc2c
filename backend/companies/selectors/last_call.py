"""The newest call of a company, reached by relation names: calls live in a room above."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from companies.models import Company


def last_call(column: str, *, company: str = "pk") -> Subquery:
    """A column of the newest call of the company that `company` names in the outer query."""
    calls = Company.objects.filter(
        pk=OuterRef(company), calls__isnull=False, calls__deleted_at__isnull=True, calls__is_private=False
    )
    return Subquery(calls.order_by("-calls__created_at").values(f"calls__{column}")[:1])
