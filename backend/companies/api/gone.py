"""What is answered about a card that cannot be shown: 404, or where a merged one went."""

from __future__ import annotations

from accounts.models import User
from common.errors import DomainError
from companies.edits.fields import NotFound
from companies.merging import resolve
from companies.models import Company


class Merged(DomainError):
    """The card became part of another one, which the person sees."""

    code = "merged"
    status = 410


def missing(viewer: User, company_id: int, *, is_read: bool) -> DomainError:
    """404 for a missing, deleted and invisible card alike; 410 for reading a merged one, 409 for writing to it."""
    into = resolve(company_id)
    if into is None or not Company.objects.visible_to(viewer).filter(pk=into).exists():
        return NotFound("Не найдено.")
    return Merged("Компания объединена с другой.", status=410 if is_read else 409, merged_into=into)
