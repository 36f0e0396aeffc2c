"""Call-backs by right, who is dialling them now, and how fast people were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from accounts.workdays import Hours
from phonebridge.models import CallBack, CallBackState, CallRequest

Age = Literal["success", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Speed:
    """How missed calls of a period were answered; the four are disjoint, waiting ones are none of them."""

    in_time: int
    later: int
    never: int
    by_client: int

    @property
    def total(self) -> int:
        return self.in_time + self.later + self.never + self.by_client


def visible_callbacks(viewer: User) -> QuerySet[CallBack]:
    """With what a list shows; the longest waiting first."""
    rows = CallBack.objects.visible_to(viewer)
    return rows.select_related(
        "branch", "assignee", "company", "contact", "contact__company", "closing_call__user", "dropped_by"
    ).order_by("first_missed_at", "pk")


def get_visible_callback(viewer: User, pk: int) -> CallBack | None:
    return visible_callbacks(viewer).filter(pk=pk).first()


def open_callbacks(viewer: User) -> QuerySet[CallBack]:
    """For counting: what waits for a call within the person's rights."""
    return CallBack.objects.visible_to(viewer).open()


def waited_min(row: CallBack, hours: Hours, now: datetime) -> int:
    """Working minutes until the first attempt, the end, or now."""
    return hours.working_minutes(row.first_missed_at, row.first_attempt_at or row.closed_at or now)


def age(minutes: int) -> Age:
    """The colour of a wait: green, amber, red."""
    if minutes * 60 >= settings.CALLBACK["red"].total_seconds():
        return "danger"
    return "warning" if minutes * 60 >= settings.CALLBACK["amber"].total_seconds() else "success"


def dialled_by(rows: list[CallBack]) -> dict[int, str]:
    """Who has an open request to which of these numbers, by number."""
    keys = {row.number_key for row in rows if row.is_open}
    calls = CallRequest.objects.open().filter(number_key__in=keys).select_related("user") if keys else []
    return {call.number_key: call.user.label for call in calls if call.number_key is not None}


def speed(rows: QuerySet[CallBack], now: datetime) -> Speed:
    """One statement over the rows of a period."""
    limit = settings.CALLBACK["red"].total_seconds() / 60
    tried = Q(first_attempt_at__isnull=False)
    alone = Q(state=CallBackState.CLIENT_AGAIN, first_attempt_at__isnull=True)
    dropped = Q(state=CallBackState.CLOSED, first_attempt_at__isnull=True)
    in_time = tried & Q(answer_min__lte=limit)
    late = tried & Q(answer_min__gt=limit)
    too_late = Q(first_attempt_at__gt=F("never_at"))
    figures = rows.order_by().aggregate(
        in_time=Count("pk", filter=in_time),
        later=Count("pk", filter=late & ~too_late),
        never=Count("pk", filter=(late & too_late) | (~tried & ~alone & ~dropped & Q(never_at__lte=now))),
        by_client=Count("pk", filter=alone),
    )
    return Speed(**figures)
