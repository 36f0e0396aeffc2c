"""The card after a call as pages show it: to be filled, or what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from accounts.workdays import hours_of_person
from common import phones
from common.text import duration
from phonebridge import nextstep
from phonebridge.enums import AfterState, CallStatus
from phonebridge.matching import Names, names_for
from phonebridge.models import AfterCall, CallRequest, Outcome
from phonebridge.models.after import NOT_REACHED
from phonebridge.selectors import after as cards
from phonebridge.selectors import call_box
from ui.times import local, when


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome to choose; `digit` is its key."""

    code: str
    name: str
    tone: str
    digit: str
    is_chosen: bool
    note_required: bool
    next_default: str


@dataclass(frozen=True, slots=True)
class AfterForm:
    """Input of ui/calls/after_card.html."""

    call_id: str
    rev: int
    state: str
    who: str
    phone: str
    result: str
    tone: str
    choices: tuple[Choice, ...]
    note: str
    next_local: str
    next_words: str
    next_text: str
    next_hint: str
    morning: str
    zone: str
    call_url: str
    company_url: str
    is_done: bool
    needs_reason: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a call, in words; `is_waiting`: nothing yet, and it should be."""

    outcome: str = ""
    tone: str = "neutral"
    note: str = ""
    next_step: str = ""
    is_waiting: bool = False
    is_red: bool = False


def said_of(call: CallRequest, viewer: User, now: datetime) -> Said:
    """For viewers who see the call."""
    card = cards.card_of(call)
    if card is None or card.state == AfterState.SKIPPED:
        return Said()
    is_done = card.state == AfterState.DONE and (card.is_required or card.is_touched)
    outcome = card.outcome
    return Said(
        outcome=outcome.name if outcome and is_done else "",
        tone=outcome.tone if outcome and is_done else "neutral",
        note=card.note if is_done else "",
        next_step=step_words(card, viewer, now) if is_done else "",
        is_waiting=card.is_draft and card.is_required and call.is_counted,
        is_red=cards.is_red(card, now),
    )


def step_words(card: AfterCall, viewer: User, now: datetime) -> str:
    """«завтра 10:00: набрать после обеда», '' without a next step."""
    moment = ahead(card.next_at, viewer.day_zone, now) if card.next_at else ""
    return ": ".join(part for part in (moment, card.next_text) if part)


def ahead(moment: datetime, zone: str, now: datetime) -> str:
    """«сегодня 15:05», «завтра 10:00», «пн 30.11 10:00»."""
    shown, today = local(moment, zone), local(now, zone).date()
    days = (shown.date() - today).days
    if days == 1:
        return f"завтра {shown:%H:%M}"
    if 1 < days < 300:
        return f"{nextstep.DAYS[shown.weekday()]} {shown:%d.%m %H:%M}"
    return when(moment, zone, now) if days <= 0 else f"{shown:%d.%m.%Y %H:%M}"


def next_title(call: CallRequest, names: Names) -> str:
    return f"Перезвонить: {names.contact or names.company or number_of(call)}"


def number_of(call: CallRequest) -> str:
    return phones.national(call.phone_e164, call.phone_ext) or call.phone_raw or "номер скрыт"


def after_form(call: CallRequest, card: AfterCall, viewer: User, now: datetime, *, sees_company: bool) -> AfterForm:
    box, names = call_box(call, viewer, now), names_for(viewer, call)
    verdict = cards.may_write(viewer, card, now)
    talked = call.call_status == CallStatus.CONNECTED and call.call_duration_seconds
    return AfterForm(
        call_id=str(call.pk),
        rev=card.rev,
        state=card.state,
        who=" · ".join(part for part in (names.company, names.contact) if part) or names.company_words,
        phone=number_of(call),
        result=f"Разговор {duration(call.call_duration_seconds)}" if talked else box.title,
        tone=box.tone,
        choices=tuple(_choices(card)),
        note=card.note,
        next_local=f"{local(card.next_at, viewer.day_zone):%Y-%m-%dT%H:%M}" if card.next_at else "",
        next_words=ahead(card.next_at, viewer.day_zone, now) if card.next_at else "",
        next_text=card.next_text,
        next_hint=next_title(call, names),
        morning=nextstep.morning_words(now, hours_of_person(viewer)),
        zone=viewer.day_zone,
        call_url=reverse("call_detail", args=[call.pk]),
        company_url=reverse("company_detail", args=[call.company_id]) if sees_company and call.company_id else "",
        is_done=card.state == AfterState.DONE,
        needs_reason=verdict.code == "no_reason",
        refusal="" if verdict.ok or verdict.code == "no_reason" else verdict.reason,
    )


def _choices(card: AfterCall) -> list[Choice]:
    """Values in use, and the one that this card has even when nobody may choose it any more.

    «Не дозвонились» is no outcome of a talk.
    """
    talked = card.call.call_status == CallStatus.CONNECTED
    found = [outcome for outcome in cards.outcomes() if not (talked and outcome.code == NOT_REACHED)]
    if card.outcome is not None and card.outcome not in found:
        found.append(card.outcome)
    return [_choice(outcome, card) for outcome in found]


def _choice(outcome: Outcome, card: AfterCall) -> Choice:
    return Choice(
        code=outcome.code,
        name=outcome.name,
        tone=outcome.tone,
        digit=str(outcome.key or "") if outcome.is_active else "",
        is_chosen=outcome.pk == card.outcome_id,
        note_required=outcome.note_required,
        next_default=outcome.next_default,
    )
