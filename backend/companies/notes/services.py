"""Writing notes. Rights stand in companies/access.py; the hours of editing are counted by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.clock import db_now_plus
from common.errors import DomainError
from common.text import has_nul
from companies import access, services
from companies.attachments.services import give_to_note, remove_from_note
from companies.edits import effects
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.marks import reason_of
from companies.edits.rights import require
from companies.models import Company, CompanyNote, Contact, NoteRevision
from companies.models.notes import MAX_NOTE, NoteType
from companies.notes import mentions
from companies.records import BadRecord
from notifications.models import Kind
from notifications.services import create_notification


class TooLate(DomainError):
    """The author's day of editing is over."""

    code = "too_late"
    status = 403


class NoteChanged(DomainError):
    """The note was edited in another window since the form was drawn."""

    code = "stale"
    status = 409


class TooManyPins(DomainError):
    code = "too_many_pins"
    status = 409


@transaction.atomic
def add_note(
    *,
    actor: User,
    company_id: int,
    text: str,
    contact_id: int | None = None,
    files: Sequence[int] = (),
    source: Source = Source.UI,
) -> CompanyNote:
    """A note on a card that the person sees, with drafts of files. Raises NotFound, NotAllowed, BadRecord."""
    company = _visible(actor, company_id)
    require(actor, "note_add", company)
    named = mentions.ids_in(text)
    people = mentions.check(company, named)
    body = _body(text, may_be_empty=bool(files))
    contact = _contact(company, contact_id)
    note = CompanyNote.objects.create(company=company, contact=contact, author=actor, type=NoteType.NOTE, text=body)
    give_to_note(actor=actor, note=note, ids=files)
    _tell(note, people, actor)
    _log(note, actor, Verb.CREATE, "Заметка", source)
    effects.poke(company, "note")
    return note


@transaction.atomic
def edit_note(
    *,
    actor: User,
    note_id: int,
    text: str,
    base_version: int | None = None,
    files: Sequence[int] = (),
    removed: Sequence[int] = (),
    source: Source = Source.UI,
) -> CompanyNote:
    """Another text, and files more or less; what it said before is kept.

    Raises NotFound, NotAllowed, TooLate, NoteChanged, BadRecord. Text that is the same leaves no version behind.
    """
    note = _locked(actor, note_id)
    if not can_edit(actor, note):
        raise NotAllowed("Заметку меняет только её автор.")
    if base_version is not None and base_version != note.version:
        raise NoteChanged("Заметку уже изменили в другом окне. Сравните и сохраните ещё раз.")
    added = [pk for pk in mentions.ids_in(text) if pk not in mentions.ids_in(note.text)]
    people = mentions.check(note.company, added)
    remove_from_note(note=note, ids=removed)
    give_to_note(actor=actor, note=note, ids=files)
    body = _body(text, may_be_empty=note.attachments.exists())
    was = note.text
    fresh = CompanyNote.objects.filter(pk=note.pk, created_at__gt=db_now_plus(-settings.NOTE_EDIT))
    if not fresh.update(text=body, edited_at=Now(), version=F("version") + 1):
        raise TooLate("Изменить заметку можно в течение суток. Напишите новую.")
    if was != body:
        NoteRevision.objects.create(note=note, text=was, by=actor)
    note.refresh_from_db()
    _tell(note, people, actor)
    _log(note, actor, Verb.UPDATE, "Заметка изменена", source)
    effects.poke(note.company, "note")
    return note


@transaction.atomic
def delete_note(*, actor: User, note_id: int, reason: str = "", source: Source = Source.UI) -> CompanyNote:
    """The author deletes as they like, an administrator with a reason. Raises NotFound, NotAllowed, BadRecord."""
    note = _locked(actor, note_id)
    words = "Заметка удалена"
    if note.author_id != actor.pk:
        if not actor.is_admin:
            raise NotAllowed("Заметку удаляет её автор или администратор.")
        words = f"{words}: {reason_of(reason)}"
    columns = {"deleted_at": Now(), "deleted_by": actor, "is_pinned": False, "pinned_at": None, "pinned_by": None}
    CompanyNote.objects.filter(pk=note.pk).update(**columns, version=F("version") + 1)
    _log(note, actor, Verb.DELETE, words, source)
    effects.poke(note.company, "note")
    return note


@transaction.atomic
def restore_note(*, actor: User, note_id: int, source: Source = Source.UI) -> CompanyNote:
    """Back within the days of the bin, by whoever deleted it or an administrator. Raises NotFound."""
    own = Q() if actor.is_admin else Q(deleted_by=actor)
    since = db_now_plus(-timedelta(days=settings.BIN_DAYS))
    note = _rows(actor).filter(own, pk=note_id, deleted_at__gt=since).first()
    if note is None:
        raise NotFound("Не найдено.")
    CompanyNote.objects.filter(pk=note.pk).update(deleted_at=None, deleted_by=None, version=F("version") + 1)
    note.refresh_from_db()
    _log(note, actor, Verb.UPDATE, "Заметка возвращена", source)
    effects.poke(note.company, "note")
    return note


@transaction.atomic
def set_pin(*, actor: User, note_id: int, is_pinned: bool, source: Source = Source.UI) -> bool:
    """Pin to the top of the card, or unpin; False when it is so already.

    The note's author may, and whoever may change the card. Raises NotFound, NotAllowed, TooManyPins.
    """
    note = _locked(actor, note_id)
    if not can_pin(actor, note):
        raise NotAllowed("Закрепляет автор заметки или тот, кто ведёт компанию.")
    if note.is_pinned == is_pinned:
        return False
    services.lock(note.company)
    most = settings.NOTE_PINS
    pinned = CompanyNote.objects.filter(company=note.company, is_pinned=True, deleted_at__isnull=True)
    if is_pinned and pinned.count() >= most:
        raise TooManyPins(f"Закреплено уже {most}: сначала открепите одну.")
    columns = {"pinned_at": Now() if is_pinned else None, "pinned_by": actor if is_pinned else None}
    CompanyNote.objects.filter(pk=note.pk).update(is_pinned=is_pinned, **columns, version=F("version") + 1)
    _log(note, actor, Verb.UPDATE, "Заметка закреплена" if is_pinned else "Заметка откреплена", source)
    effects.poke(note.company, "note")
    return True


def can_edit(user: User, note: CompanyNote) -> bool:
    """Their own note of the kind that people write; the hours are checked when it is saved."""
    return note.author_id == user.pk and note.type == NoteType.NOTE


def can_delete(user: User, note: CompanyNote) -> bool:
    return note.author_id == user.pk or user.is_admin


def can_pin(user: User, note: CompanyNote) -> bool:
    return note.author_id == user.pk or access.can(user, "change", note.company).ok


def purge_deleted() -> int:
    """Erase notes that have lain deleted for longer than the bin keeps; their files follow by the sweep."""
    old = CompanyNote.objects.filter(deleted_at__lt=db_now_plus(-timedelta(days=settings.BIN_DAYS)))
    rows = CompanyNote.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1_000]))
    return rows.delete()[0]


def _visible(actor: User, company_id: int) -> Company:
    company = Company.objects.visible_to(actor).select_related("branch").filter(pk=company_id).first()
    if company is None:
        raise NotFound("Не найдено.")
    return company


def _rows(actor: User) -> QuerySet[CompanyNote]:
    seen = Company.objects.visible_to(actor)
    return CompanyNote.objects.select_for_update(of=("self",)).select_related("company").filter(company__in=seen)


def _locked(actor: User, note_id: int) -> CompanyNote:
    note = _rows(actor).filter(pk=note_id, deleted_at__isnull=True).first()
    if note is None:
        raise NotFound("Не найдено.")
    return note


def _contact(company: Company, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    contact = Contact.objects.filter(pk=contact_id, company=company, deleted_at__isnull=True).first()
    if contact is None:
        raise BadRecord("Не найдено.", field="contact")
    return contact


def _body(text: str, *, may_be_empty: bool) -> str:
    if has_nul(text):
        raise BadRecord("В тексте недопустимый знак.", field="text")
    if len(text) > MAX_NOTE:
        raise BadRecord(f"Текст длиннее {MAX_NOTE} знаков.", field="text")
    body = text.replace("\r\n", "\n").strip()
    if not body and not may_be_empty:
        raise BadRecord("Напишите текст заметки или прикрепите файл.", field="text")
    return body


def _tell(note: CompanyNote, people: Sequence[User], actor: User) -> None:
    """One notice for ever; it names neither the company nor the words, for sight of the card may be lost later."""
    told = set(note.mentions.values_list("pk", flat=True))
    for person in people:
        if person.pk in told or person.pk == actor.pk:
            continue
        create_notification(
            user=person,
            actor=actor,
            title=f"{actor.label}: упоминание в заметке",
            kind=Kind.COMPANY,
            url=f"/companies/{note.company_id}/?show=note#note-{note.pk}",
            dedupe_key=f"note:{note.pk}",
            about=("note", note.pk),
        )
    note.mentions.add(*people)


def _log(note: CompanyNote, actor: User, verb: Verb, words: str, source: Source) -> None:
    meta: dict[str, object] = {"company": note.company_id}
    log_event(actor=actor, verb=verb, entity_type="note", entity_id=note.pk, message=words, meta=meta, source=source)
