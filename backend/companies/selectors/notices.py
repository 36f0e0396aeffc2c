"""The words of a note that a notice is about, by the rights of the moment at which the bell is read."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from companies.models import Company, CompanyNote
from companies.notes import mentions

SHOWN_CHARS = 160


def note_words(viewer: User, note_ids: Iterable[int]) -> dict[int, str]:
    """«ООО «Лес»: Просят прайс» by note, only of live notes on cards that the viewer sees; at most two queries."""
    wanted = set(note_ids)
    if not wanted:
        return {}
    notes = CompanyNote.objects.filter(pk__in=wanted, deleted_at__isnull=True).select_related("company")
    seen = list(notes.filter(company__in=Company.objects.visible_to(viewer)))
    names = mentions.names_of(pk for note in seen for pk in mentions.ids_in(note.text))
    return {note.pk: f"{note.company.name}: {_short(mentions.read_back(note.text, names))}" for note in seen}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1].rstrip() + "…"
