"""What a person wrote of a call on the phone: a note on the company's card, or on the call where there is no card.

The chosen outcome also answers the card after the call, unless somebody has begun to fill it.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.errors import DomainError
from common.ids import parse_uuid
from companies.models import Company, CompanyNote
from companies.models.notes import NoteType
from phonebridge import events
from phonebridge.answers import Answer
from phonebridge.enums import AfterSource, AfterState, CallStatus
from phonebridge.models import AfterCall, CallReport, CallRequest, Outcome
from phonebridge.models.after import NOT_REACHED
from phonebridge.services import after

logger = logging.getLogger(__name__)

MAX_TEXT, MAX_OUTCOME, MAX_ID = 2_000, 40, 64
MAX_NOTES = 20_000
SOURCE = "phone"
# What the buttons of the phone mean; other words are kept as they come.
OUTCOMES = {
    "agreed": "Договорились",
    "call_back": "Перезвонить",
    "not_interested": "Не интересно",
    "no_answer": "Не дозвонился",
    "wrong_number": "Неверный номер",
}


# The outcomes of the dictionary that answer the card after the call.
ANSWERS = {
    "agreed": "interested",
    "call_back": "call_back",
    "not_interested": "refusal",
    "no_answer": "not_reached",
    "wrong_number": "wrong_number",
}


class NoSuchCall(DomainError):
    code = "unknown_call"
    status = 404


class BadRemark(DomainError):
    code = "bad_note"


def find_call(*, user: User, call_request_id: str, event_id: str) -> CallRequest | None:
    """The person's own call by the server's id, or by the id that the phone gave it."""
    mine = CallRequest.objects.filter(user=user, deleted_at__isnull=True)
    if call_id := parse_uuid(call_request_id):
        return mine.filter(pk=call_id).first()
    if not event_id:
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
    if not note_id:
        raise BadRemark("У заметки нет имени (note_id).")
    ended = outcome.strip()[:MAX_OUTCOME]
    words = ". ".join(part for part in (OUTCOMES.get(ended, ended), text.strip()[:MAX_TEXT]) if part)
    if not words:
        raise BadRemark("Напишите текст заметки или выберите итог.")
    call = CallRequest.objects.select_for_update(of=("self",)).get(pk=call.pk)
    _keep(user, call, note_id, words)
    _answer_card(user, call, note_id, ended, text.strip()[:MAX_TEXT])


def _keep(user: User, call: CallRequest, note_id: str, words: str) -> None:
    company = Company.objects.visible_to(user).filter(pk=call.company_id).first() if call.company_id else None
    uid = f"{call.pk}:{note_id}"[:120]
    if company is not None:
        if CompanyNote.objects.filter(external_source=SOURCE, external_uid=uid).exists():
            return
        CompanyNote.objects.create(
            company=company,
            contact_id=call.contact_id,
            author=user,
            type=NoteType.CALL,
            text=words,
            external_source=SOURCE,
            external_uid=uid,
        )
    elif f"\n{words}\n" in f"\n{call.note}\n":
        return
    else:
        call.note = f"{call.note}\n{words}".strip()
        if len(call.note) > MAX_NOTES:
            raise BadRemark("У этого звонка слишком много заметок.")
        call.rev += 1
        call.save(update_fields=["note", "rev"])
    events.call_changed(call)


def _answer_card(user: User, call: CallRequest, note_id: str, ended: str, text: str) -> None:
    """Done where the outcome asks for nothing more, else a draft. Whoever wrote into the card before has the word."""
    outcome = Outcome.objects.filter(code=ANSWERS.get(ended, ended), is_active=True).first()
    draft = AfterCall.objects.filter(pk=call.pk, state=AfterState.DRAFT, is_touched=False)
    if outcome is None or not draft.exists():
        return
    if outcome.code == NOT_REACHED and call.call_status == CallStatus.CONNECTED:
        return
    said = {"outcome": outcome.code, **({"note": text} if outcome.note_required else {})}
    for is_done in (True, False):
        answer = Answer(said, is_done=is_done, answer_id=note_id[:MAX_ID])
        try:
            after.save_card(actor=user, call_id=call.pk, answer=answer, now=timezone.now(), source=AfterSource.PHONE)
        except DomainError as refusal:
            logger.info("The outcome of call %s from the phone is left a draft: %s", call.pk, refusal.detail)
        else:
            return
