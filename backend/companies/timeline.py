"""Notes as lines of a card's history."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from common.timeline import Cursor, Item
from companies.models import CompanyNote

KIND = "note"


def timeline_items(company_ids: Sequence[int], viewer: User, before: Cursor | None, limit: int) -> list[Item]:
    """Notes of these cards, newest first; whoever sees the card sees its notes."""
    notes = CompanyNote.objects.filter(company_id__in=company_ids, deleted_at__isnull=True)
    if before is not None:
        key = int(before.id) if before.kind == KIND and before.id.isdecimal() else 0
        notes = notes.filter(before.rest(KIND, "created_at", key))
    notes = notes.select_related("author", "contact").order_by("-created_at", "-pk")
    return [Item(note.created_at, KIND, str(note.pk), note) for note in notes[:limit]]


def count_items(company_ids: Sequence[int]) -> int:
    return CompanyNote.objects.filter(company_id__in=company_ids, deleted_at__isnull=True).count()
