"""A note, ready for ui/companies/note.html: its words, its files, and what this person may do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from companies.attachments.kinds import PICTURES
from companies.models import CompanyNote, NoteAttachment, Scan
from companies.notes import mentions, services
from ui.times import when


@dataclass(frozen=True, slots=True)
class FileLine:
    """`why_not` says why the file is not given out."""

    id: int
    name: str
    size: str
    is_picture: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    id: int
    pieces: list[mentions.Piece]
    files: list[FileLine]
    meta: str
    time: str
    at: str
    is_pinned: bool
    is_deleted: bool
    has_versions: bool
    may_edit: bool
    may_pin: bool
    may_delete: bool


def note_line(note: CompanyNote, viewer: User, now: datetime, names: Mapping[int, str]) -> NoteLine:
    """`note` comes from companies/timeline.py, with its files and the number of its versions."""
    is_fresh = now - note.created_at < settings.NOTE_EDIT
    parts = [
        note.author.label if note.author else "автор удалён",
        note.contact.full_name if note.contact else "",
        "закреплено" if note.is_pinned else "",
        "изменено" if note.edited_at else "",
    ]
    return NoteLine(
        id=note.pk,
        pieces=mentions.pieces(note.text, names),
        files=[_file(row) for row in note.attachments.all()],
        meta=" · ".join(part for part in parts if part),
        time=when(note.created_at, viewer.day_zone, now),
        at=note.created_at.isoformat(),
        is_pinned=note.is_pinned,
        is_deleted=note.deleted_at is not None,
        has_versions=bool(getattr(note, "versions", 0)),
        may_edit=is_fresh and services.can_edit(viewer, note),
        may_pin=services.can_pin(viewer, note),
        may_delete=services.can_delete(viewer, note),
    )


def pinned_lines(notes: Sequence[CompanyNote], viewer: User, now: datetime) -> list[NoteLine]:
    names = mentions.names_of(pk for note in notes for pk in mentions.ids_in(note.text))
    return [note_line(note, viewer, now, names) for note in notes]


def _file(row: NoteAttachment) -> FileLine:
    why_not = ""
    if row.scan == Scan.INFECTED:
        why_not = "найден вирус"
    elif settings.ATTACHMENTS["scanner"] and row.scan != Scan.CLEAN:
        why_not = "проверяется"
    is_picture = row.content_type in PICTURES and not why_not
    return FileLine(row.pk, row.name, filesizeformat(row.size_bytes), is_picture, why_not)
