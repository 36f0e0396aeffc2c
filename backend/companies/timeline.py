"""Notes as lines of a card's history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import User
from common.clock import db_now_plus
from common.timeline import Cursor, Item
from companies.models import CompanyNote, NoteAttachment

KIND = "note"


def timeline_items(company_ids: Sequence[int], viewer: User, before: Cursor | None, limit: int) -> list[Item]:
    """Notes of these cards, newest first; whoever sees the card sees its notes.

    Notes that the viewer has deleted stand there for the days of the bin, so that they can be brought back.
    """
    since = db_now_plus(-timedelta(days=settings.BIN_DAYS))
    shown = Q(deleted_at__isnull=True) | Q(deleted_by=viewer, deleted_at__gt=since)
    notes = _with_all(CompanyNote.objects.filter(shown, company_id__in=company_ids))
    if before is not None:
        key = int(before.id) if before.kind == KIND and before.id.isdecimal() else 0
        notes = notes.filter(before.rest(KIND, "created_at", key))
    notes = notes.order_by("-created_at", "-pk")
    return [Item(note.created_at, KIND, str(note.pk), note) for note in notes[:limit]]


def pinned_notes(company_id: int) -> list[CompanyNote]:
    """What stands on top of the card, the last pinned first."""
    notes = CompanyNote.objects.filter(company_id=company_id, is_pinned=True, deleted_at__isnull=True)
    return list(_with_all(notes).order_by("-pinned_at", "-pk"))


def _with_all(notes: QuerySet[CompanyNote]) -> QuerySet[CompanyNote]:
    """With author, person, card, files and the number of earlier versions."""
    notes = notes.select_related("author", "contact", "company", "company__branch", "company__responsible")
    return notes.annotate(versions=Count("revisions")).prefetch_related(
        Prefetch("attachments", NoteAttachment.objects.order_by("pk"))
    )


def count_items(company_ids: Sequence[int]) -> int:
    return CompanyNote.objects.filter(company_id__in=company_ids, deleted_at__isnull=True).count()
