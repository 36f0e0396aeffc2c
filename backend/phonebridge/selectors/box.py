"""What the call box says: the truth of every step, derived from the row alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from common import phones
from common.text import duration
from phonebridge.enums import CallStatus, Delivery, Origin, Phase, Reason, Status, known_status
from phonebridge.matching import FOREIGN, names_for
from phonebridge.models import CallRequest

StepState = Literal["done", "active", "todo", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    detail: str
    state: StepState


@dataclass(frozen=True, slots=True)
class CallBox:
    """Input of components/call_box.html."""

    call_id: str
    rev: int
    title: str
    tone: str
    phone: str
    person: str
    device: str
    hint: str
    timer_from: str
    can_cancel: bool
    is_open: bool
    steps: tuple[Step, ...]


TALKED = {
    CallStatus.NO_ANSWER: ("Нет ответа", "danger"),
    CallStatus.BUSY: ("Занято", "warning"),
    CallStatus.REJECTED: ("Отклонён", "danger"),
    CallStatus.MISSED: ("Пропущен", "danger"),
    CallStatus.UNKNOWN: ("Не удалось определить результат", "violet"),
}
PHASES = {
    Phase.DIALING: ("Идёт набор", "accent"),
    Phase.TALKING: ("Идёт разговор", "accent"),
    Phase.ENDED: ("Звонок завершён, ждём результат", "accent"),
}


def call_box(call: CallRequest, viewer: User, now: datetime) -> CallBox:
    """The box for `viewer`; overdue states are derived here, never waited for."""
    title, tone, hint = _words(call, now)
    return CallBox(
        call_id=str(call.pk),
        rev=call.rev,
        title=title,
        tone=tone,
        phone=phones.national(call.phone_e164, call.phone_ext) or call.phone_raw or "номер скрыт",
        person=_person(call, viewer),
        device=str(call.device) if call.device else "",
        hint=hint,
        timer_from=_timer(call),
        can_cancel=_is_live(call, now) and call.user_id == viewer.pk and call.cancel_requested_at is None,
        is_open=_is_live(call, now),
        steps=_steps(call),
    )


def _person(call: CallRequest, viewer: User) -> str:
    names = names_for(viewer, call)
    return FOREIGN if names.is_foreign else names.contact or names.company


def is_overdue(call: CallRequest, now: datetime) -> bool:
    """True when the row is open only because nobody has closed it yet."""
    if call.closed_at is not None:
        return False
    if call.status == Status.PENDING:
        return call.expires_at is not None and call.expires_at <= now
    if call.status == Status.DELIVERED and call.dialing_at is None and call.claimed_at is not None:
        return now - call.claimed_at > _patience(call)
    return False


def _patience(call: CallRequest) -> timedelta:
    patience: timedelta = settings.CALL["unconfirmed_legacy" if call.delivery == Delivery.LEGACY else "unconfirmed"]
    return patience


def _is_live(call: CallRequest, now: datetime) -> bool:
    return call.closed_at is None and not is_overdue(call, now)


def _words(call: CallRequest, now: datetime) -> tuple[str, str, str]:
    if call.call_status:
        return _result_words(call)
    if call.status == Status.CANCELLED:
        return _cancelled_words(call)
    overdue = is_overdue(call, now)
    if call.status == Status.EXPIRED or (overdue and call.status == Status.PENDING):
        return "Истёк", "warning", "Ни один телефон не принял звонок вовремя. Ничего не набрано."
    if call.is_unconfirmed or (overdue and call.status == Status.DELIVERED):
        return (
            "Не подтверждён",
            "warning",
            "Телефон не подтвердил набор. Проверьте телефон, прежде чем звонить снова.",
        )
    if call.is_lost:
        return "Связь с телефоном потеряна", "warning", "Результат придёт, когда телефон вернётся в сеть."
    return _live_words(call)


def _result_words(call: CallRequest) -> tuple[str, str, str]:
    late = "Результат пришёл после завершения запроса." if call.is_late else ""
    if call.call_status == CallStatus.CONNECTED:
        return f"Дозвон · {duration(call.call_duration_seconds)}", "success", late
    title, tone = TALKED[known_status(call.call_status)]
    return title, tone, late


def _cancelled_words(call: CallRequest) -> tuple[str, str, str]:
    if call.reason == Reason.REJECTED:
        return "Телефон отказался", "danger", "Ничего не набрано."
    if call.reason == Reason.NOT_DIALLED:
        return "Не набран", "warning", "Телефон получил команду, но не набрал номер."
    return "Отменён", "neutral", "Отменено до набора."


def _live_words(call: CallRequest) -> tuple[str, str, str]:
    hint = "Отмена отправлена, телефон уже мог набрать." if call.cancel_requested_at else ""
    if call.status == Status.PENDING:
        if call.received_at is not None:
            return "На телефоне", "accent", hint
        return "Отправлено", "accent", hint or "Ждём телефон."
    if call.delivery == Delivery.LEGACY and call.dialing_at is None:
        return "Передано старому дозвонщику", "accent", hint or "Он сообщит только итог."
    if call.live_phase in PHASES:
        title, tone = PHASES[Phase(call.live_phase)]
        return title, tone, hint
    if call.status == Status.CONSUMED:
        return "Набран", "accent", hint or "Результат ещё не сообщён."
    return "На телефоне", "accent", hint


def _timer(call: CallRequest) -> str:
    if call.closed_at is not None or call.call_status:
        return ""
    start = call.talking_at or call.dialing_at
    return start.isoformat() if start else ""


def _after(start: datetime | None, end: datetime | None) -> str:
    """«+38 мс», «+0,9 с», «+12 с»."""
    if start is None or end is None:
        return ""
    ms = max(round((end - start).total_seconds() * 1000), 0)
    if ms < 1000:
        return f"+{ms} мс"
    if ms < 10_000:
        return f"+{ms / 1000:.1f} с".replace(".", ",")
    return f"+{ms // 1000} с"


def _steps(call: CallRequest) -> tuple[Step, ...]:
    """The way of a command; a call that nobody clicked has none."""
    if call.origin != Origin.CLICK:
        return ()
    zone_time = call.created_at.astimezone(ZoneInfo(call.zone)).strftime("%H:%M:%S")
    reached = call.received_at or call.claimed_at
    marks: list[tuple[str, str, datetime | None]] = [
        ("Послано", zone_time, call.created_at),
        ("Телефон", _after(call.created_at, reached), reached),
        ("Набор", _after(call.claimed_at, call.dialing_at), call.dialing_at),
        ("Разговор", _after(call.dialing_at, call.talking_at), call.talking_at),
        ("Итог", duration(call.call_duration_seconds) if call.call_duration_seconds else "", call.result_at),
    ]
    last = max(i for i, (_, _, moment) in enumerate(marks) if moment is not None)
    closed = call.closed_at is not None
    return tuple(
        Step(
            label,
            detail,
            _step_state(i, last, closed=closed, has_result=bool(call.call_status), moment=moment),
        )
        for i, (label, detail, moment) in enumerate(marks)
    )


def _step_state(i: int, last: int, *, closed: bool, has_result: bool, moment: datetime | None) -> StepState:
    if moment is not None:
        return "done" if i < last or closed else "active"
    if i < last and not has_result:
        return "done"
    return "failed" if closed and not has_result and i == last + 1 else "todo"
