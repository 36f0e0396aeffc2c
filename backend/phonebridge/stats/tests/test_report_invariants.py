"""What holds for any calls, filters, zones and viewers: every way to count comes to the same."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import transaction

from accounts import scope
from accounts.models import Branch, User
from common.clock import local_day
from phonebridge.enums import ActionSource, Direction, Origin, ResolveMethod
from phonebridge.models import CallRequest
from phonebridge.stats import METRICS, CallReport, Filter, Period, as_dict, calls_behind, report
from phonebridge.stats.behind import Spot
from phonebridge.stats.figures import STATUSES
from phonebridge.stats.tests.makers import make_call

# around the night when clocks in Berlin go back: an hour stands there twice
START = datetime(2026, 10, 22, 20, tzinfo=UTC)
NOW = datetime(2026, 10, 27, 21, 30, tzinfo=UTC)
ZONES = ("Asia/Yekaterinburg", "Europe/Berlin", "Asia/Kamchatka", "Pacific/Chatham")
ROUNDS = 6


def some_calls(chance: random.Random, people: list[User], branches: list[Branch | None]) -> None:
    for _ in range(60):
        result = chance.choice([*STATUSES, *STATUSES, "voicemail", None])
        columns = {
            "branch": chance.choice(branches),
            "zone": chance.choice(ZONES),
            "origin": chance.choice(Origin.values),
            "direction": chance.choice([*Direction.values, None, "sideways"]),
            "resolve_method": chance.choice([*ResolveMethod.values, None, "psychic"]),
            "action_source": chance.choice([*ActionSource.values, None]),
            "call_duration_seconds": chance.choice([None, 0, 7, 65, 86_401]),
            "is_cold_call": chance.random() < 0.3,
            "is_test": chance.random() < 0.05,
            "is_private": chance.random() < 0.05,
            "deleted_at": NOW if chance.random() < 0.05 else None,
            "phone": chance.choice(["+73430001234", "+73430001235", ""]),
        }
        at = START + timedelta(minutes=chance.randrange(0, 6 * 24 * 60))
        make_call(chance.choice(people), at, result, **columns)


def is_asked(asked: Filter, call: CallRequest, status: str) -> bool:
    """Everything of the filter but its days."""
    return (
        not (asked.without_branch and call.branch_id)
        and asked.branch_id in {None, call.branch_id}
        and asked.user_id in {None, call.user_id}
        and asked.is_cold <= call.is_cold_call
        and (not asked.statuses or status in asked.statuses)
    )


def by_hand(viewer: User, asked: Filter) -> Counter[str]:
    """The rows of C, counted in Python without the code under test."""
    found: Counter[str] = Counter()
    for call in CallRequest.objects.all():
        if call.call_status is None or call.is_test or call.is_private or call.deleted_at:
            continue
        status = call.call_status if call.call_status in STATUSES else "unknown"
        if not asked.period.from_on <= local_day(call.counted_at or NOW, call.zone) <= asked.period.to_on:
            continue
        if not scope.may(viewer, "calls_view", owner_id=call.user_id, branch_id=call.branch_id):
            continue
        if not is_asked(asked, call, status):
            continue
        found[status] += 1
        if status == "connected" and call.call_duration_seconds is not None and call.call_duration_seconds <= 86_400:
            found["talk_s"] += call.call_duration_seconds
            found["timed"] += 1
    return found


def check(made: CallReport, viewer: User, asked: Filter, expected: Counter[str]) -> None:
    total = sum(expected[s] for s in STATUSES)
    assert {s: made.total.status(s) for s in STATUSES} == {s: expected[s] for s in STATUSES}
    sums = [
        made.total.total_calls,
        sum(made.total.by_direction.values()),
        sum(made.by_resolve_method.values()),
        sum(made.by_action_source.values()),
        sum(sum(hour.values()) for hour in made.hours),
        sum(sum(day.values()) for day in made.days.values()),
        sum(row.figures.total_calls for row in made.rows),
        sum(sum(row.spark) for row in made.rows),
    ]
    assert sums == [total] * len(sums)
    assert all(sum(row.spark) == row.figures.total_calls for row in made.rows)
    assert (made.total.talk_s, made.total.timed) == (expected["talk_s"], expected["timed"])
    rate = Decimal(100 * expected["connected"]) / total if total else Decimal(0)
    assert as_dict(made)["connect_rate_percent"] == float(rate.quantize(Decimal("0.1"), ROUND_HALF_UP))
    numbers = as_dict(made) | {f"direction_{name}": n for name, n in made.total.by_direction.items()}
    numbers |= {f"resolve_{name}": n for name, n in made.by_resolve_method.items()}
    numbers |= {f"source_{name}": n for name, n in made.by_action_source.items()} | made.without_result
    for name, metric in METRICS.items():
        behind = calls_behind(viewer, asked, name)
        if name in numbers:
            there = behind.values("number_key").distinct().count() if metric.by_number else behind.count()
            assert (name, numbers[name]) == (name, there)
    assert [sum(h.values()) for h in made.hours] == [
        calls_behind(viewer, asked, "total_calls", Spot(hour=h)).count() for h in range(24)
    ]
    if made.heat_period == asked.period:
        assert sum(c.known for row in made.heat for c in row) == made.total.outgoing_known
    unseen = CallRequest.objects.exclude(pk__in=CallRequest.objects.visible_to(viewer).values("pk"))
    assert not calls_behind(viewer, asked, "total_calls").filter(pk__in=unseen.values("pk")).exists()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_way_to_count_comes_to_the_same(
    anna: User, boris: User, clara: User, dan: User, gleb: User, branch_krd: Branch, branch_ekb: Branch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    some_calls(chance, [anna, boris, clara, dan], [branch_ekb, branch_krd, None])
    first = local_day(START, "UTC") + timedelta(days=chance.randrange(0, 3))
    period = Period(first, first + timedelta(days=chance.choice([0, 1, 4, 40])))
    for viewer in (anna, clara, gleb):
        asked = Filter(period, statuses=tuple(chance.sample(STATUSES, chance.choice([0, 0, 2]))))
        check(report(asked, viewer, NOW), viewer, asked, by_hand(viewer, asked))
    for asked in (
        Filter(period, branch_id=branch_krd.pk),
        Filter(period, without_branch=True),
        Filter(period, is_cold=True),
        Filter(period, user_id=dan.pk, branch_id=branch_ekb.pk),
    ):
        check(report(asked, gleb, NOW), gleb, asked, by_hand(gleb, asked))


def test_neighbouring_periods_add_up(anna: User, dan: User, gleb: User, branch_ekb: Branch) -> None:
    some_calls(random.Random(77), [anna, dan], [branch_ekb, None])  # noqa: S311
    first = local_day(START, "UTC")
    days = [Filter(Period(first + timedelta(days=n), first + timedelta(days=n))) for n in range(7)]
    whole = report(Filter(Period(first, first + timedelta(days=6))), gleb, NOW).total.total_calls
    assert whole == sum(report(asked, gleb, NOW).total.total_calls for asked in days) > 0


def test_a_report_is_one_moment(transactional_db: None, anna: User) -> None:
    """Nothing can be written in a report's transaction, so it sees one state and leaves none."""
    make_call(anna, NOW, "connected")
    asked = Filter(Period(local_day(NOW, anna.day_zone), local_day(NOW, anna.day_zone)))
    assert report(asked, anna, NOW).total.total_calls == 1
    with transaction.atomic():
        make_call(anna, NOW, "busy")
        assert report(asked, anna, NOW).total.total_calls == 2
