"""A note as programs send it: text and place of one body, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.models import Source
from companies import access
from companies.attachments import storage
from companies.attachments.services import take_file
from companies.edits.fields import NotFound, Stale
from companies.edits.whole import Sent, check_names
from companies.models import Company, CompanyNote
from companies.notes import services as notes
from companies.records import BadRecord


class Upload(Protocol):
    """A file that arrives."""

    name: str | None

    def chunks(self) -> Iterable[bytes]: ...


WRITABLE = frozenset({"text", "is_pinned"})
MADE_OF = WRITABLE | {"company", "contact"}


def visible_notes(viewer: User) -> QuerySet[CompanyNote]:
    """Whoever sees the card sees its notes."""
    return CompanyNote.objects.filter(access.held_by_company_q(viewer, "view"), deleted_at__isnull=True)


def new_whole_note(sent: Sent, files: Sequence[Upload] = ()) -> CompanyNote:
    """A note on a card that the actor sees; an invisible and a missing card give the same words.

    Raises BadRecord, BadFile; of a refused note and its files nothing stays.
    """
    check_names(sent.body, MADE_OF)
    text, is_pinned = _said(sent.body)
    contact = sent.body.get("contact")
    company_id = _number(sent.body.get("company"), "company")
    contact_id = None if contact is None else _number(contact, "contact")
    with transaction.atomic(), ExitStack() as unless_kept:
        if not Company.objects.visible_to(sent.actor).filter(pk=company_id).exists():
            raise BadRecord("Не найдено.", field="company")
        taken = []
        for file in files:
            row = take_file(actor=sent.actor, chunks=file.chunks(), name=file.name or "")
            # a refusal takes the row back, and the file with it
            unless_kept.callback(storage.path_of(str(row.file)).unlink, missing_ok=True)
            taken.append(row.pk)
        try:
            note = notes.add_note(
                actor=sent.actor,
                company_id=company_id,
                text=text or "",
                contact_id=contact_id,
                files=taken,
                source=sent.source,
            )
        except NotFound as error:
            raise BadRecord("Не найдено.", field="company") from error
        if is_pinned:
            notes.set_pin(actor=sent.actor, note_id=note.pk, is_pinned=True, source=sent.source)
        unless_kept.pop_all()
    return note


def change_whole_note(note_id: int, sent: Sent) -> None:
    """Another text or place. Raises NotFound, NotAllowed, BadRecord, Stale and what the services of notes raise."""
    check_names(sent.body, WRITABLE)
    text, is_pinned = _said(sent.body)
    with transaction.atomic():
        note = _locked(sent.actor, note_id)
        _check_version(note, sent.version)
        if text is not None and text.strip() != note.text:
            notes.edit_note(actor=sent.actor, note_id=note.pk, text=text, source=sent.source)
        if is_pinned is not None and is_pinned != note.is_pinned:
            notes.set_pin(actor=sent.actor, note_id=note.pk, is_pinned=is_pinned, source=sent.source)


def delete_whole_note(*, actor: User, note_id: int, reason: str, version: int | None, source: Source) -> None:
    """Raises NotFound, NotAllowed, BadRecord, Stale."""
    with transaction.atomic():
        _check_version(_locked(actor, note_id), version)
        notes.delete_note(actor=actor, note_id=note_id, reason=reason, source=source)


def _locked(actor: User, note_id: int) -> CompanyNote:
    note = visible_notes(actor).select_for_update(of=("self",)).filter(pk=note_id).first()
    if note is None:
        raise NotFound("Не найдено.")
    return note


def _check_version(note: CompanyNote, version: int | None) -> None:
    if version is None or version == note.version:
        return
    since: list[dict[str, Any]] = []
    if 0 < version < note.version:
        last = note.revisions.select_related("by").order_by("-at", "-pk")[: note.version - version]
        since = [{"field": "text", "by": r.by.label if r.by else "", "at": r.at.isoformat()} for r in reversed(last)]
    raise Stale("Заметка изменилась.", version=note.version, changed=since)


def _said(body: Any) -> tuple[str | None, bool | None]:
    text, flag = body.get("text"), body.get("is_pinned")
    if text is not None and not isinstance(text, str):
        raise BadRecord("Здесь ожидается текст.", field="text")
    if flag is not None and not isinstance(flag, bool):
        raise BadRecord("Поле is_pinned — true или false.", field="is_pinned")
    return text, flag


def _number(value: Any, name: str) -> int:
    """A row's number; what is none gives the words of a missing one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRecord("Не найдено.", field=name)
    return value
