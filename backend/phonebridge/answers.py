"""What a person answers after a call, as pages, forms and phones send it: read, checked, written into the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.workdays import hours_of_person
from common.errors import DomainError
from common.text import has_nul
from phonebridge import nextstep
from phonebridge.enums import NextStep
from phonebridge.models import AfterCall, Outcome
from phonebridge.models.after import MAX_NEXT_TEXT

MAX_NOTE = 10_000
MAX_ID = 64
MAX_REASON = 1_000
LARGEST_REV = 2**31 - 1
NAMES = ("outcome", "note", "next", "next_at", "next_text")


class BadAnswer(DomainError):
    code = "bad_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """`fields` holds only what was named; `rev` is the card that the writer saw."""

    fields: Mapping[str, str] = field(default_factory=dict)
    rev: int | None = None
    is_done: bool = False
    answer_id: str = ""
    reason: str = ""


def read_answer(body: Mapping[str, Any]) -> Answer:
    """Raises BadAnswer; null and "" both empty a field."""
    fields = {name: _text(body, name) for name in NAMES if name in body}
    rev, done = body.get("rev"), body.get("done", False)
    if rev is not None and (isinstance(rev, bool) or not isinstance(rev, int) or not 0 <= rev <= LARGEST_REV):
        raise BadAnswer("Поле rev — целое число.", field="rev")
    if not isinstance(done, bool):
        raise BadAnswer("Поле done — true или false.", field="done")
    answer_id = _text(body, "answer_id")
    if len(answer_id) > MAX_ID:
        raise BadAnswer(f"Имя ответа длиннее {MAX_ID} знаков.", field="answer_id")
    if rev is None and not answer_id:
        raise BadAnswer("Нужен rev карточки или имя ответа answer_id.", field="rev")
    reason = _short(_text(body, "reason").strip(), MAX_REASON, "reason", "Причина")
    return Answer(fields, rev, done, answer_id, reason)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadAnswer(f"Поле {name} — строка.", field=name)
    if has_nul(value) or any("\ud800" <= c <= "\udfff" for c in value):
        raise BadAnswer("В тексте недопустимый знак.", field=name)
    return value


def written(card: AfterCall, answer: Answer, *, now: datetime, actor: User) -> None:
    """Put the named fields into the card. Raises BadAnswer, BadNext."""
    said = answer.fields
    if "outcome" in said:
        card.outcome = _outcome(card, said["outcome"].strip())
    if "note" in said:
        card.note = _short(said["note"].strip(), MAX_NOTE, "note", "Заметка")
    if "next_text" in said:
        card.next_text = _short(said["next_text"].strip(), MAX_NEXT_TEXT, "next_text", "Текст следующего шага")
    preset = said.get("next", "").strip()
    if preset:
        if preset not in NextStep.values:
            raise BadAnswer("Неизвестный следующий шаг.", field="next")
        card.next_at = nextstep.moment_of(NextStep(preset), now, hours_of_person(actor))
    elif "next_at" in said:
        _set_moment(card, said["next_at"], now, actor.day_zone)
    elif "next" in said:
        card.next_at = None


def _outcome(card: AfterCall, code: str) -> Outcome | None:
    if not code or (card.outcome is not None and card.outcome.code == code):
        return card.outcome if code else None
    found = Outcome.objects.filter(code=code).first()
    if found is None:
        raise BadAnswer("Такого итога нет в справочнике.", code="unknown_outcome", field="outcome")
    if not found.is_active:
        raise BadAnswer(f"Итог «{found}» больше не используется. Выберите другой.", code="retired", field="outcome")
    return found


def _short(text: str, longest: int, name: str, label: str) -> str:
    if len(text) > longest:
        raise BadAnswer(f"{label}: до {longest} знаков, сейчас {len(text)}.", field=name)
    return text


def _set_moment(card: AfterCall, typed: str, now: datetime, zone: str) -> None:
    """A moment that stands already may have passed meanwhile; a new one may not."""
    if not typed.strip():
        card.next_at = None
        return
    moment = nextstep.read_moment(typed, zone)
    if moment != card.next_at:
        nextstep.check(moment, now)
        card.next_at = moment


def filled_in(card: AfterCall, answer: Answer, *, now: datetime, actor: User) -> None:
    """A done card has all that its outcome asks for; a step that was refused is not put back.

    Raises BadAnswer, BadNext.
    """
    outcome = card.outcome
    if outcome is None:
        raise BadAnswer("Выберите итог звонка.", code="no_outcome", field="outcome")
    if outcome.note_required and not card.note:
        raise BadAnswer(f"«{outcome}»: напишите в заметке почему.", code="no_note", field="note")
    if outcome.next_required and card.next_at is None:
        if not outcome.next_default or {"next", "next_at"} & answer.fields.keys():
            raise BadAnswer(f"«{outcome}»: выберите следующий шаг.", code="no_next", field="next_at")
        card.next_at = nextstep.moment_of(NextStep(outcome.next_default), now, hours_of_person(actor))
    if card.next_at is not None and card.done_at is None:
        nextstep.check(card.next_at, now)
