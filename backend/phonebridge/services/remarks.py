"""What a person wrote of a call on the phone: a note on the company's card, or on the call where there is no card."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from accounts.models import User
from common.errors import DomainError
from common.ids import parse_uuid
from common.text import has_nul
from companies.models import Company, CompanyNote
from companies.models.notes import NoteType
from phonebridge import events
from phonebridge.models import CallReport, CallRequest

MAX_TEXT, MAX_OUTCOME, MAX_ID = 2_000, 40, 64
SOURCE = "phone"
# What the buttons of the phone mean; other words are kept as they come.
OUTCOMES = {
    "agreed": "Договорились",
    "call_back": "Перезвонить",
    "not_interested": "Не интересно",
    "no_answer": "Не дозвонился",
    "wrong_number": "Неверный номер",
}


class NoSuchCall(DomainError):
    code = "unknown_call"
    status = 404


class BadRemark(DomainError):
    code = "bad_note"


def find_call(*, user: User, call_request_id: str, event_id: str) -> CallRequest | None:
    """The person's own call by the server's id, or by the id that the phone gave it."""
    mine = CallRequest.objects.filter(user=user)
    if call_id := parse_uuid(call_request_id):
        return mine.filter(pk=call_id).first()
    if not event_id or has_nul(event_id):
        return None
    if call := mine.filter(event_id=event_id).first():
        return call
    # a repeat of an earlier call is told under that call's id: only its report knows the phone's own
    told = CallReport.objects.filter(user=user, body__event_id=event_id, call__isnull=False)
    report = told.select_related("call").order_by("pk").first()
    return report.call if report else None


@transaction.atomic
def add_remark(*, user: User, call: CallRequest, note_id: str, outcome: str, text: str) -> None:
    """Keep outcome and note of `call`; the same `note_id` again changes nothing. Raises BadRemark."""
    ended = _clean(outcome, MAX_OUTCOME)
    words = ". ".join(part for part in (OUTCOMES.get(ended, ended), _clean(text, MAX_TEXT)) if part)
    if not words:
        raise BadRemark("Напишите текст заметки или выберите итог.")
    company = Company.objects.visible_to(user).filter(pk=call.company_id).first() if call.company_id else None
    if company is not None:
        uid = f"{user.pk}:{note_id[:MAX_ID]}" if note_id else f"{user.pk}:{call.pk}:{words}"[:120]
        CompanyNote.objects.bulk_create(
            [
                CompanyNote(
                    company=company,
                    contact_id=call.contact_id,
                    author=user,
                    type=NoteType.CALL,
                    text=words,
                    external_source=SOURCE,
                    external_uid=uid,
                )
            ],
            ignore_conflicts=True,
        )
    elif words not in call.note:
        note = f"{call.note}\n{words}".strip()
        CallRequest.objects.filter(pk=call.pk).update(note=note, rev=F("rev") + 1)
        call.refresh_from_db()
    events.call_changed(call)


def _clean(text: str, longest: int) -> str:
    if has_nul(text):
        raise BadRemark("В тексте недопустимый знак.")
    return text.strip()[:longest]
