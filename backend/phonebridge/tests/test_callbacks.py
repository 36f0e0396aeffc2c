"""Missed calls become call-backs; what closes them; whatever the order in which phones tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import BranchDay, User
from accounts.workdays import hours_of, is_working_in_russia
from companies.models import Company
from companies.services import add_phone
from notifications.models import Notification
from phonebridge.episodes import Happened, Kind, fold
from phonebridge.models import CallBack, CallBackState, CallRequest
from phonebridge.selectors.callbacks import speed
from phonebridge.services import callback_news, callbacks
from phonebridge.tests.fixtures import NUMBER, click, phone_client

pytestmark = pytest.mark.django_db
UPDATE = "/api/phone/calls/update/"
MINUTE = timedelta(minutes=1)


def tell(user: User, status: str, *, ago: timedelta = timedelta(), direction: str = "incoming", **more: Any) -> None:
    """A phone reports a call that nobody clicked."""
    started = timezone.now() - ago
    body = {
        "event_id": f"{status}-{started.isoformat()}-{direction}",
        "phone": NUMBER,
        "call_status": status,
        "direction": direction,
        "call_started_at": started.isoformat(),
        "call_duration_seconds": 30 if status == "connected" else 0,
        **more,
    }
    assert phone_client(user).post(UPDATE, body, format="json").status_code == 200


def only() -> CallBack:
    return CallBack.objects.exclude(state=CallBackState.MERGED).get()


def test_forty_misses_in_a_minute_are_one_item_and_one_bell(anna: User) -> None:
    for second in range(40):
        tell(anna, "missed", ago=timedelta(seconds=50 - second))
    row = only()
    assert (row.missed_count, row.state, row.assignee) == (40, "open", anna)
    assert Notification.objects.filter(user=anna).count() == 1


def test_attempt_then_talk_of_a_colleague_closes_it(anna: User, boris: User) -> None:
    tell(anna, "missed", ago=30 * MINUTE)
    tell(boris, "no_answer", ago=20 * MINUTE, direction="outgoing")
    row = only()
    assert (row.state, row.attempts) == ("open", 1) and row.first_attempt_at is not None
    tell(boris, "connected", ago=10 * MINUTE, direction="outgoing")
    row = only()
    assert row.state == "called_back" and row.closing_call is not None and row.closing_call.user == boris
    # the closing call turns out to be somebody's test: it is open again
    CallRequest.objects.filter(pk=row.closing_call.pk).update(is_test=True)
    callbacks.refold(numbers=[row.number_key])
    assert only().state == "open"


def test_answer_told_before_the_older_miss_closes_it_all_the_same(anna: User) -> None:
    tell(anna, "connected", ago=5 * MINUTE)
    tell(anna, "missed", ago=60 * MINUTE)
    assert only().state == "client_again"
    assert not Notification.objects.filter(user=anna).exists()


def test_hidden_number_and_outgoing_make_none(anna: User) -> None:
    tell(anna, "missed", phone="")
    tell(anna, "no_answer", direction="outgoing")
    assert not CallBack.objects.exists() and CallRequest.objects.filter(is_counted=True).count() == 2


def test_week_without_contact_expires(anna: User) -> None:
    tell(anna, "missed", ago=timedelta(days=8))
    assert only().state == "expired"
    tell(anna, "missed", ago=timedelta(days=6))
    assert CallBack.objects.open().get().missed_count == 2
    CallRequest.objects.filter(counted_at__gt=timezone.now() - timedelta(days=7)).update(
        counted_at=timezone.now() - timedelta(days=7, hours=1)
    )
    CallBack.objects.open().update(last_missed_at=timezone.now() - timedelta(days=7, hours=1))
    assert callbacks.expire() == 1 and not CallBack.objects.open().exists()


def test_responsible_of_the_branch_is_asked(anna: User, boris: User, dan: User) -> None:
    company = Company.objects.create(name="Север", responsible=boris, branch=boris.branch)
    add_phone(holder=company, raw=NUMBER)
    tell(anna, "missed")
    row = only()
    assert (row.assignee, row.company) == (boris, company)
    tell(dan, "rejected")  # another branch: the responsible is not there
    assert CallBack.objects.open().get(branch=dan.branch).assignee == dan


def test_red_is_told_once_to_assignee_and_head(anna: User, clara: User, boris: User) -> None:
    assert anna.branch is not None
    for days in range(3):
        on = hours_of(anna.branch).local_day(timezone.now()) - timedelta(days=days)
        BranchDay.objects.create(branch=anna.branch, on=on, is_working=True)
    anna.branch.opens_at = anna.branch.closes_at  # around midnight
    anna.branch.save()
    tell(anna, "missed", ago=30 * MINUTE)
    assert callback_news.tell_red() == 1
    assert callback_news.tell_red() == 0
    red = Notification.objects.filter(title__startswith="Не перезвонили вовремя")
    assert {notice.user for notice in red} == {anna, clara}


def test_clock_stands_outside_of_hours(anna: User) -> None:
    hours = hours_of(anna.branch)
    friday = datetime(2026, 11, 27, 12, 50, tzinfo=UTC)  # 17:50 in Yekaterinburg
    assert hours.working_minutes(friday, friday + timedelta(days=2, hours=15, minutes=20)) == 20  # Monday 09:10
    assert not is_working_in_russia(friday.date().replace(day=4))  # the Day of Unity
    assert hours.next_working_day(friday.date()).isoformat() == "2026-11-30"


def test_speed_counts_each_miss_once(anna: User) -> None:
    tell(anna, "missed", ago=timedelta(hours=3))
    tell(anna, "connected", ago=timedelta(hours=2, minutes=50), direction="outgoing")
    tell(anna, "missed", ago=timedelta(hours=2))
    tell(anna, "connected", ago=timedelta(hours=1))
    figures = speed(CallBack.objects.visible_to(anna), timezone.now())
    assert (figures.in_time, figures.by_client, figures.total) == (1, 1, 2)


def test_correction_of_a_click_counts_too(anna: User) -> None:
    tell(anna, "missed", ago=5 * MINUTE)
    call = click(anna)
    body = {"call_request_id": str(call.pk), "call_status": "unknown", "call_duration_seconds": 0}
    phone_client(anna).post(UPDATE, body, format="json")
    assert (only().state, only().attempts) == ("open", 1)
    phone_client(anna).post(UPDATE, body | {"call_status": "connected"}, format="json")
    assert only().state == "called_back"


START = datetime(2026, 11, 2, 9, tzinfo=UTC)
EVENTS = st.lists(
    st.tuples(st.integers(0, 20 * 24), st.sampled_from([kind for kind in Kind if kind != Kind.HAND])), max_size=8
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_episodes_are_the_same_in_any_order(drawn: list[tuple[int, Kind]], random: Any) -> None:
    happened = [Happened(START + timedelta(hours=hour), kind) for hour, kind in drawn]
    now = START + timedelta(days=22)
    folded = fold(happened, now)
    shuffled = list(happened)
    random.shuffle(shuffled)
    assert fold(shuffled, now) == folded
    assert sum(episode.missed for episode in folded) == sum(kind == Kind.MISS for _, kind in drawn)
    assert all(episode.closed_at is not None for episode in folded[:-1])
    ends = [(episode.first_at, episode.closed_at or now) for episode in folded]
    assert all(first[1] <= second[0] for first, second in pairwise(ends))


KINDS = {
    "missed": ("incoming", "missed"),
    "attempt": ("outgoing", "no_answer"),
    "called": ("outgoing", "connected"),
    "again": ("incoming", "connected"),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 12 * 24), st.sampled_from(sorted(KINDS))), min_size=1, max_size=6), st.data())
def test_rows_depend_on_calls_alone(anna: User, drawn: list[tuple[int, str]], data: st.DataObject) -> None:
    """Told in two orders, with one of the calls deleted and brought back on the way: the same rows."""
    now = timezone.now()
    calls = [(now - timedelta(hours=hours, minutes=number + 1), what) for number, (hours, what) in enumerate(drawn)]
    first, second = _rows(anna, calls, now, None), _rows(anna, data.draw(st.permutations(calls)), now, 0)
    assert first == second
    assert sum(state == "open" for state, *_ in first) <= 1


def _rows(anna: User, calls: list[tuple[datetime, str]], now: datetime, away: int | None) -> list[tuple[Any, ...]]:
    with transaction.atomic():
        made = []
        for at, what in calls:
            flow, status = KINDS[what]
            call = CallRequest.objects.create(
                origin="phone",
                user=anna,
                branch=anna.branch,
                status="consumed",
                closed_at=now,
                number_key=73430001234,
                phone_e164="+73430001234",
                call_status=status,
                direction=flow,
                counted_at=at,
                counted_on=at.date(),
                counted_hour=at.hour,
            )
            made.append(call.pk)
            callbacks.refold(numbers=[call.number_key], now=now)
        if away is not None:
            for deleted_at in (now, None):
                CallRequest.objects.filter(pk=made[away]).update(deleted_at=deleted_at)
                callbacks.refold(numbers=[73430001234], now=now)
        rows = CallBack.objects.exclude(state=CallBackState.MERGED).order_by("first_missed_at")
        found = list(
            rows.values_list("state", "first_missed_at", "last_missed_at", "missed_count", "attempts", "closed_at")
        )
        transaction.set_rollback(True)
    return found
