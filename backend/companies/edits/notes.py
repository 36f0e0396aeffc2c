"""Notes on a card: added by whoever sees it, edited for a day by the author, pinned, deleted."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.clock import db_now_plus
from common.errors import DomainError
from companies import access, services
from companies.edits import effects
from companies.edits.fields import NotAllowed, NotFound
from companies.edits.marks import reason_of
from companies.models import Company, CompanyNote, Contact, NoteRevision
from companies.models.notes import MAX_NOTE
from companies.records import BadRecord

EDITABLE = timedelta(hours=24)
MOST_PINNED = 3


class TooLate(DomainError):
    """The author's day of editing is over."""

    code = "too_late"
    status = 403


class TooManyPins(DomainError):
    code = "too_many_pins"
    status = 409


@transaction.atomic
def add_note(
    *, actor: User, company_id: int, text: str, contact_id: int | None = None, source: Source = Source.UI
) -> CompanyNote:
    """A note on a card that the person sees. Raises NotFound, BadRecord."""
    company = Company.objects.allowed(actor, "note_add").filter(pk=company_id).first()
    if company is None:
        raise NotFound("Не найдено.")
    contact = None
    if contact_id is not None:
        contact = Contact.objects.filter(pk=contact_id, company=company, deleted_at__isnull=True).first()
        if contact is None:
            raise BadRecord("Не найдено.", field="contact")
    note = services.add_note(actor=actor, company=company, text=text, contact=contact)
    _leave(note, actor, source, Verb.CREATE, "Заметка")
    return note


@transaction.atomic
def edit_note(*, actor: User, note_id: int, text: str, source: Source = Source.UI) -> CompanyNote:
    """Another text; what it said before is kept. Raises NotFound, NotAllowed, TooLate, BadRecord."""
    note = _locked(actor, note_id)
    if note.author_id != actor.pk:
        raise NotAllowed("Заметку меняет только её автор.")
    body = text.strip()
    if not body or len(body) > MAX_NOTE or "\x00" in body:
        raise BadRecord(f"Текст заметки — от 1 до {MAX_NOTE} знаков.", field="text")
    fresh = CompanyNote.objects.filter(pk=note.pk, created_at__gt=db_now_plus(-EDITABLE))
    if not fresh.update(text=body, edited_at=Now(), version=F("version") + 1):
        raise TooLate("Изменить заметку можно в течение суток. Напишите новую.")
    NoteRevision.objects.create(note=note, text=note.text, by=actor)
    _leave(note, actor, source, Verb.UPDATE, "Заметка изменена")
    return note


@transaction.atomic
def set_pin(*, actor: User, note_id: int, is_pinned: bool, source: Source = Source.UI) -> bool:
    """To the top of the card, or back; the author may, and whoever may change the card.

    Raises NotFound, NotAllowed, TooManyPins.
    """
    note = _locked(actor, note_id)
    if note.author_id != actor.pk and not access.can(actor, "change", note.company).ok:
        raise NotAllowed("Закрепляет автор заметки или тот, кто ведёт компанию.")
    if note.is_pinned == is_pinned:
        return False
    services.lock(note.company)
    pinned = CompanyNote.objects.filter(company=note.company, is_pinned=True, deleted_at__isnull=True)
    if is_pinned and pinned.count() >= MOST_PINNED:
        raise TooManyPins(f"Закреплено уже {MOST_PINNED}: сначала открепите одну.")
    columns = {"pinned_at": Now() if is_pinned else None, "pinned_by": actor if is_pinned else None}
    CompanyNote.objects.filter(pk=note.pk).update(is_pinned=is_pinned, **columns, version=F("version") + 1)
    _leave(note, actor, source, Verb.UPDATE, "Заметка закреплена" if is_pinned else "Заметка откреплена")
    return True


@transaction.atomic
def delete_note(*, actor: User, note_id: int, reason: str = "", source: Source = Source.UI) -> CompanyNote:
    """The author deletes as they like, an administrator with a reason. Raises NotFound, NotAllowed, BadRecord."""
    note = _locked(actor, note_id)
    words = "Заметка удалена"
    if note.author_id != actor.pk:
        if not actor.is_admin:
            raise NotAllowed("Заметку удаляет её автор или администратор.")
        words = f"{words}: {reason_of(reason)}"
    CompanyNote.objects.filter(pk=note.pk).update(deleted_at=Now(), is_pinned=False, version=F("version") + 1)
    _leave(note, actor, source, Verb.DELETE, words)
    return note


def _locked(actor: User, note_id: int) -> CompanyNote:
    rows = CompanyNote.objects.select_for_update(of=("self",)).select_related("company")
    seen = Company.objects.visible_to(actor)
    note = rows.filter(company__in=seen, pk=note_id, deleted_at__isnull=True).first()
    if note is None:
        raise NotFound("Не найдено.")
    return note


def _leave(note: CompanyNote, actor: User, source: Source, verb: Verb, words: str) -> None:
    meta: dict[str, object] = {"company": note.company_id}
    log_event(actor=actor, verb=verb, entity_type="note", entity_id=note.pk, message=words, meta=meta, source=source)
    effects.poke(note.company, "note")
