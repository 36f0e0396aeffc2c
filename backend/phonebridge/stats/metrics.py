"""What each number counts, as a condition on calls: the report and the list behind a number read the same table."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from phonebridge.enums import ActionSource, CallStatus, Direction, ResolveMethod
from phonebridge.enums import Status as Command
from phonebridge.models.calls import UNANSWERED
from phonebridge.stats.figures import ACTION_SOURCES, INCOMING, MISSED, OUTGOING, RESOLVE_METHODS, STATUSES, UNKNOWN

COUNTED = Q(is_counted=True)
# A command that came to an end without a result: in no figure of the counted calls.
WITHOUT_RESULT = UNANSWERED
NEVER_REACHED = WITHOUT_RESULT & Q(status=Command.EXPIRED, is_unconfirmed=False)
CANCELLED = WITHOUT_RESULT & Q(status=Command.CANCELLED, is_unconfirmed=False)
NOT_TOLD = WITHOUT_RESULT & Q(status=Command.CONSUMED, is_unconfirmed=False)
UNCONFIRMED = WITHOUT_RESULT & ~(NEVER_REACHED | CANCELLED | NOT_TOLD)


def status_is(name: str) -> Q:
    """The technical status; «unknown» takes what we have no name for."""
    return ~Q(call_status__in=[s for s in STATUSES if s != UNKNOWN]) if name == UNKNOWN else Q(call_status=name)


def statuses_are(names: tuple[str, ...]) -> Q:
    found = Q()
    for name in names:
        found |= status_is(name)
    return found


def _stored_is(column: str, name: str, known: tuple[str, ...]) -> Q:
    if name != UNKNOWN:
        return Q(**{column: name})
    return Q(**{f"{column}__isnull": True}) | ~Q(**{f"{column}__in": [k for k in known if k != UNKNOWN]})


def resolve_is(name: str) -> Q:
    return _stored_is("resolve_method", name, RESOLVE_METHODS)


def source_is(name: str) -> Q:
    return _stored_is("action_source", name, ACTION_SOURCES)


def direction_is(name: str) -> Q:
    """One of the four directions of the seed: a missed call is in its own."""
    missed = Q(flow__in=(INCOMING, UNKNOWN), call_status=CallStatus.MISSED)
    if name == MISSED:
        return missed
    return Q(flow=name) if name == OUTGOING else Q(flow=name) & ~missed


@dataclass(frozen=True, slots=True)
class Metric:
    """`title` for people; `where` over all calls. `by_number`: the list shows numbers, not calls."""

    title: str
    where: Q
    by_number: bool = False
    is_counted: bool = True


KNOWN = ~status_is(UNKNOWN)
_TALK = Q(call_status=CallStatus.CONNECTED)

METRICS: dict[str, Metric] = {
    "total_calls": Metric("Все звонки", COUNTED),
    **{name: Metric(str(CallStatus(name).label), COUNTED & status_is(name)) for name in STATUSES},
    "outgoing_connected": Metric("Дозвоны исходящих", COUNTED & Q(flow=OUTGOING) & _TALK),
    "outgoing_known": Metric("Исходящие с известным итогом", COUNTED & Q(flow=OUTGOING) & KNOWN),
    "timed": Metric("Разговоры с известной длительностью", COUNTED & Q(talk_s__isnull=False)),
    "unique_numbers": Metric("Номера", COUNTED & Q(number_key__isnull=False), by_number=True),
    **{f"direction_{n}": Metric(str(Direction(n).label), COUNTED & direction_is(n)) for n in Direction.values},
    **{f"resolve_{n}": Metric(f"Способ: {ResolveMethod(n).label}", COUNTED & resolve_is(n)) for n in RESOLVE_METHODS},
    **{f"source_{n}": Metric(f"Источник: {ActionSource(n).label}", COUNTED & source_is(n)) for n in ACTION_SOURCES},
    "late": Metric("Поздние результаты", COUNTED & Q(is_late=True)),
    "cold": Metric("Холодные", COUNTED & Q(is_cold_call=True)),
    "without_result": Metric("Без результата", WITHOUT_RESULT, is_counted=False),
    "never_reached": Metric("Не дозвонились до телефона", NEVER_REACHED, is_counted=False),
    "cancelled": Metric("Отменены", CANCELLED, is_counted=False),
    "unconfirmed": Metric("Не подтверждены", UNCONFIRMED, is_counted=False),
    "not_told": Metric("Результат не сообщён", NOT_TOLD, is_counted=False),
}
