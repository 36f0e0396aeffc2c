"""The organisation around a card: the company above it and those below, as far as one sees them (C-7)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from companies.models import Company

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Family:
    """`head` is None when there is none or it is out of sight; `branches` by name, at most ten; `has_more` beyond."""

    head: Company | None
    is_head_deleted: bool
    branches: list[Company]
    has_more: bool


def family(user: User, company: Company) -> Family:
    """One query; `company` with its `head_company` read."""
    above = company.head_company
    around = Q(head_company=company) | Q(pk=above.pk if above else 0)
    seen = list(
        Company.objects.visible_to(user)
        .filter(around)
        .only("name", "city", "head_company_id")
        .order_by("name", "pk")[: SHOWN + 2]
    )
    branches = [each for each in seen if each.head_company_id == company.pk]
    return Family(
        head=next((each for each in seen if above and each.pk == above.pk), None),
        is_head_deleted=above is not None and above.deleted_at is not None,
        branches=branches[:SHOWN],
        has_more=len(branches) > SHOWN,
    )
