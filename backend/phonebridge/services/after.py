"""The card after the call: born with the first result, saved as a draft while it is written, done once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from common.realtime import Message
from common.statements import Insert
from companies.edits.marks import reason_of
from phonebridge import events
from phonebridge.answers import Answer, filled_in, written
from phonebridge.enums import AfterSource, AfterState, CallStatus
from phonebridge.models import AfterCall, CallRequest, Outcome
from phonebridge.models.after import NOT_REACHED, is_required
from phonebridge.selectors import after as cards
from phonebridge.services import aftereffects, corrections

KEPT_ANSWERS = 20
PRIVATE, LATE, BY_OWNER = "личный или проверочный", "поздний", "личный"
NOTE_IN_TRAIL = 2_000
_ADD = Insert(AfterCall)
AUDITED = {AfterSource.WEB: Source.UI, AfterSource.QUEUE: Source.UI, AfterSource.PHONE: Source.MOBILE}


class NoSuchCard(DomainError):
    code = "not_found"
    status = 404


class MayNot(DomainError):
    code = "not_yours"
    status = 403


class Stale(DomainError):
    """Another tab has written meanwhile; `draft` is what stands there."""

    code = "stale"
    status = 409


def follow_result(*, call: CallRequest, received_at: datetime, is_first: bool) -> list[Message]:
    """The card as the new result of a locked call asks for it; what its pages hear.

    What a person has written is never taken back here.
    """
    card = None if is_first else AfterCall.objects.select_for_update(of=("self",)).filter(pk=call.pk).first()
    if card is None:
        card = _new_card(call, received_at)
        if card is None or _ADD(card) is None:
            return []
        return [events.after_changed(card, opens=cards.opens(card, received_at))]
    required = is_required(call.call_status)
    if card.is_required == required or (card.is_touched and not required):
        return []
    card.is_required = required
    if not card.is_touched:
        if not required and _is_incoming(call):
            card.delete()
            card.pk = call.pk
            card.state = AfterState.SKIPPED
            return [events.after_changed(card)]
        _settle(card, received_at)
    card.rev += 1
    card.save()
    return [events.after_changed(card, opens=cards.opens(card, received_at))]


def _new_card(call: CallRequest, received_at: datetime) -> AfterCall | None:
    """The card of a first result; None where a call-back is the answer."""
    required = is_required(call.call_status)
    if not required and _is_incoming(call):
        return None
    ended_at = min(_ended_at(call), received_at)
    card = AfterCall(call=call, owner_id=call.user_id, is_required=required, opener=call.tab, ended_at=ended_at)
    _settle(card, received_at)
    if not call.is_counted:
        card.state, card.skip_reason = AfterState.SKIPPED, PRIVATE
    elif card.is_draft and received_at - ended_at > settings.AFTER_LATE:
        card.state, card.skip_reason = AfterState.SKIPPED, LATE
    return card


def _settle(card: AfterCall, now: datetime) -> None:
    """A draft to be filled, or done at once with «Не дозвонились»."""
    if card.is_required:
        card.state, card.outcome, card.done_at = AfterState.DRAFT, None, None
    else:
        card.state, card.done_at = AfterState.DONE, now
        card.outcome = Outcome.objects.filter(code=NOT_REACHED).first()


def _is_incoming(call: CallRequest) -> bool:
    return call.flow == "incoming" or (call.flow == "unknown" and call.call_status == CallStatus.MISSED)


def _ended_at(call: CallRequest) -> datetime:
    """When the call was over, as well as anybody knows."""
    if call.call_ended_at is not None:
        return call.call_ended_at
    if call.call_started_at is not None:
        return call.call_started_at + timedelta(seconds=call.call_duration_seconds or 0)
    return call.ended_at or call.counted_at or call.created_at


@transaction.atomic
def save_card(
    *, actor: User, call_id: uuid.UUID, answer: Answer, now: datetime, source: AfterSource = AfterSource.WEB
) -> AfterCall:
    """Write what `answer` names: a draft, or with `is_done` the outcome of the call with its effects.

    The same `answer_id` again changes nothing. Raises NoSuchCard, MayNot, Stale, BadAnswer, BadNext and what the
    effects refuse.
    """
    call, card = _locked(actor, call_id)
    if answer.answer_id and answer.answer_id in card.answers:
        return card
    _check_right(actor, card, answer, now)
    if answer.rev is not None and answer.rev != card.rev:
        raise Stale("Итог тем временем изменён в другой вкладке.", draft=cards.as_dict(card))
    was = _values(card)
    was_done = card.state == AfterState.DONE
    written(card, answer, now=now, actor=actor)
    becomes_done = answer.is_done or was_done
    if becomes_done:
        filled_in(card, answer, now=now, actor=actor)
    changes = {name: [was[name], value] for name, value in _values(card).items() if value != was[name]}
    if changes or becomes_done != was_done:
        _store(card, now=now, source=source, becomes_done=becomes_done and not was_done)
        if becomes_done:
            _finish(_Deed(actor, now, AUDITED[source], answer.reason, was_done), call, card, changes)
        events.tell_after(card)
    if answer.answer_id:
        AfterCall.objects.filter(pk=card.pk).update(answers=[*card.answers, answer.answer_id][-KEPT_ANSWERS:])
    return card


def _locked(actor: User, call_id: uuid.UUID) -> tuple[CallRequest, AfterCall]:
    """The call first, then its card: as results lock them."""
    calls = CallRequest.objects.visible_to(actor).filter(pk=call_id, deleted_at__isnull=True)
    call = calls.select_for_update(of=("self",)).first()
    card = None
    if call is not None:
        card = AfterCall.objects.select_for_update(of=("self",)).select_related("outcome").filter(pk=call.pk).first()
    if call is None or card is None:
        raise NoSuchCard("Такого итога нет.")
    card.call = call
    return call, card


def _check_right(actor: User, card: AfterCall, answer: Answer, now: datetime) -> None:
    verdict = cards.may_write(actor, card, now, reason=answer.reason)
    if not verdict.ok:
        raise MayNot(verdict.reason, code=verdict.code)
    if cards.needs_reason(actor, card, now):
        reason_of(answer.reason)


def _store(card: AfterCall, *, now: datetime, source: AfterSource, becomes_done: bool) -> None:
    card.rev += 1
    card.is_touched = True
    if becomes_done:
        card.state, card.done_at, card.source, card.skip_reason = AfterState.DONE, now, source, ""
    card.save()


def _values(card: AfterCall) -> dict[str, Any]:
    return {
        "outcome": card.outcome.name if card.outcome else "",
        "note": card.note,
        "next_at": card.next_at.isoformat() if card.next_at else None,
        "next_text": card.next_text,
    }


@dataclass(frozen=True, slots=True)
class _Deed:
    """Who does it, when and why."""

    actor: User
    now: datetime
    source: Source
    reason: str
    is_correction: bool


def _finish(deed: _Deed, call: CallRequest, card: AfterCall, changes: dict[str, Any]) -> None:
    """What a done card does: the effects of its outcome, the person's word about the line, the trail."""
    outcome = card.outcome
    assert outcome is not None  # noqa: S101 (typing: filled_in has seen it)
    if "outcome" in changes or not deed.is_correction:
        aftereffects.apply(actor=deed.actor, call=call, outcome=outcome, source=deed.source)
    fresh = corrections.imply(actor=deed.actor, call=call, said=outcome.implies, now=deed.now)
    if fresh is call:
        events.call_changed(call)
    words = f"Итог звонка исправлен: {card}" if deed.is_correction else f"Итог звонка: {card}"
    shown = {name: [_cut(old), _cut(new)] for name, (old, new) in changes.items()}
    log_event(
        actor=deed.actor,
        verb=Verb.UPDATE,
        entity_type="call_request",
        entity_id=call.pk,
        message=f"{words}. {deed.reason}".rstrip(". "),
        meta={"fields": shown, **({"reason": deed.reason} if deed.reason else {})},
        source=deed.source,
    )


def _cut(value: Any) -> Any:
    return f"{value[:NOTE_IN_TRAIL]}…" if isinstance(value, str) and len(value) > NOTE_IN_TRAIL else value


@transaction.atomic
def skip_cards(*, owner: User | None = None, call_ids: Sequence[uuid.UUID] = (), reason: str) -> int:
    """Drafts that nobody will fill: of a person who leaves, of calls that became private; returns how many."""
    drafts = AfterCall.objects.filter(state=AfterState.DRAFT)
    drafts = drafts.filter(owner=owner) if owner is not None else drafts.filter(pk__in=call_ids)
    gone = list(drafts.select_for_update(of=("self",)).order_by("pk"))
    for card in gone:
        card.state, card.skip_reason = AfterState.SKIPPED, reason[:40]
        card.rev += 1
    AfterCall.objects.bulk_update(gone, ["state", "skip_reason", "rev"])
    events.tell_after(*gone)
    return len(gone)


@transaction.atomic
def revive_card(*, call_id: uuid.UUID) -> None:
    """The call counts again: a card that was skipped for that alone waits for its outcome once more."""
    skipped = AfterCall.objects.filter(pk=call_id, state=AfterState.SKIPPED, skip_reason__in=(BY_OWNER, PRIVATE))
    card = skipped.select_for_update(of=("self",)).first()
    if card is None or not card.is_required:
        return
    card.state, card.skip_reason = AfterState.DRAFT, ""
    card.rev += 1
    card.save()
    events.tell_after(card)
