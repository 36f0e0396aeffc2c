"""The filters of «Звонки»: day, outcome, person; all in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.clock import day_bounds, local_day
from companies.listing.values import read_id
from phonebridge.enums import CallStatus
from phonebridge.models import CallRequest
from ui.callers import callers

OPEN, WITH, WITHOUT = "open", "with", "without"
STATES: tuple[tuple[str, str], ...] = (
    (OPEN, "Идёт сейчас"),
    (WITH, "С результатом"),
    (WITHOUT, "Без результата"),
    *((str(value), str(label)) for value, label in CallStatus.choices),
)


@dataclass(frozen=True, slots=True)
class CallQuery:
    """`is_bad`: the URL asks for what cannot be; the list is empty then and says so."""

    day: date | None = None
    state: str = ""
    person: int | None = None
    is_bad: bool = False

    @property
    def is_filtered(self) -> bool:
        return self != CallQuery()


def read_query(params: Mapping[str, str], viewer: User, now: datetime) -> CallQuery:
    """The filters of a URL. `day` is a date or «today»."""
    text, state = params.get("day", ""), params.get("status", "")
    day, is_bad = None, state not in {"", *dict(STATES)}
    if text == "today":
        day = local_day(now, viewer.day_zone)
    elif text:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            is_bad = True
        # Bounds of a day need the days around it.
        is_bad = is_bad or day is None or not 1970 <= day.year <= 2999
    return CallQuery(day=day, state=state, person=read_id(params.get("person", "")), is_bad=is_bad)


def filter_calls(calls: QuerySet[CallRequest], query: CallQuery, viewer: User) -> QuerySet[CallRequest]:
    """Results are cut by the day that statistics count them on, everything else by the day of the click."""
    if query.is_bad:
        return calls.none()
    if query.person is not None:
        calls = calls.filter(user_id=query.person)
    if query.state == OPEN:
        calls = calls.filter(closed_at__isnull=True)
    elif query.state == WITHOUT:
        calls = calls.filter(call_status__isnull=True, closed_at__isnull=False, is_test=False)
    elif query.state:
        outcome = Q() if query.state == WITH else Q(call_status=query.state)
        calls = calls.filter(outcome, is_counted=True)
    if query.day is None:
        return calls
    if query.state and query.state not in {OPEN, WITHOUT}:
        return calls.filter(counted_on=query.day)
    start, end = day_bounds(query.day, viewer.day_zone)
    return calls.filter(created_at__gte=start, created_at__lt=end)


def people_of(viewer: User) -> list[User]:
    """Choices of the select; empty when the viewer sees only own calls."""
    return list(callers(viewer)) if scope.reach(viewer, "calls_view") > Reach.OWN else []


def private_count(query: CallQuery, viewer: User, now: datetime) -> int:
    """How many private calls the filters hide: of the day, else of today."""
    if query.is_bad:
        return 0
    hidden = CallRequest.objects.visible_to(viewer).filter(is_private=True, deleted_at__isnull=True)
    if query.person is not None:
        hidden = hidden.filter(user_id=query.person)
    return hidden.filter(private_at__isnull=False, counted_on=query.day or local_day(now, viewer.day_zone)).count()
