"""A report from sums is the report from calls, after anything that happens to calls."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import Branch, User
from common.clock import local_day
from phonebridge.enums import Delivery
from phonebridge.models import CallDay, CallDayState, CallDirty, CallHour, CallMix, CallRequest, CallUnique
from phonebridge.services import rollup
from phonebridge.services.results import record_report
from phonebridge.stats import Filter, as_dict, report
from phonebridge.stats.figures import STATUSES
from phonebridge.stats.period import Period, month_of
from phonebridge.stats.tests.makers import make_call

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=75)
TABLES = (CallDay, CallHour, CallMix, CallUnique)


@pytest.fixture
def people(anna: User, boris: User, dan: User) -> list[User]:
    return [anna, boris, dan]


def filters(branch: Branch) -> list[Filter]:
    past, month = local_day(OLD, "UTC"), month_of(local_day(OLD, "UTC"))
    return [
        Filter(Period(past - timedelta(days=30), local_day(NOW, "Asia/Kamchatka"))),
        Filter(month),
        Filter(month_of(month.to_on + timedelta(days=1))),  # compared with a month of sums
        Filter(month, branch_id=branch.pk),
        Filter(month, statuses=("connected", "unknown")),
    ]


def figures(viewer: User, asked: Filter) -> dict[str, Any]:
    return {name: value for name, value in as_dict(report(asked, viewer, NOW)).items() if name != "made_at"}


def check(viewers: list[User], branch: Branch) -> None:
    """With the sums, and with the states that make them count hidden."""
    for viewer in viewers:
        for asked in filters(branch):
            summed = figures(viewer, asked)
            with transaction.atomic():
                CallDayState.objects.all().delete()
                counted = figures(viewer, asked)
                transaction.set_rollback(True)
            assert summed == counted


def change(dice: random.Random, people: list[User], branches: list[Branch]) -> None:
    """Something that services, an administrator or the database itself may do to a call."""
    calls = list(CallRequest.objects.order_by("pk"))
    call, at = dice.choice(calls), OLD + timedelta(minutes=dice.randrange(0, 75 * 24 * 60))
    what = dice.choice(["new", "late", "corrected", "moved", "user", "branch", "private", "deleted", "purged", "test"])
    row = CallRequest.objects.filter(pk=call.pk)
    if what == "new":
        make_call(dice.choice(people), at, dice.choice(STATUSES), call_duration_seconds=dice.choice([None, 5, 70]))
    elif what == "late":
        late = make_call(dice.choice(people), at, None, status="expired")
        body = {"call_request_id": str(late.pk), "call_status": dice.choice(STATUSES), "call_duration_seconds": 9}
        record_report(user=late.user, body=body, transport=Delivery.WS)
    elif what == "corrected":
        body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 33}
        record_report(user=call.user, body=body, transport=Delivery.WS)
    elif what == "moved" and call.counted_on:
        row.update(counted_on=call.counted_on + timedelta(days=1), counted_hour=dice.randrange(24))
    elif what == "user":
        row.update(user=dice.choice(people))
    elif what == "branch":
        row.update(branch=dice.choice([*branches, None]))
    elif what == "purged":
        row.delete()
    else:
        row.update(**{"private": {"is_private": True}, "test": {"is_test": True}}.get(what, {"deleted_at": NOW}))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_sums_and_calls_tell_the_same_after_every_step(
    people: list[User], clara: User, gleb: User, branch_ekb: Branch, branch_krd: Branch, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311
    for _ in range(40):
        at = OLD + timedelta(minutes=dice.randrange(0, 75 * 24 * 60))
        make_call(dice.choice(people), at, dice.choice(STATUSES), call_duration_seconds=5, direction="outgoing")
    rollup.recompute()
    assert CallDayState.objects.count() > 60
    assert CallUnique.objects.filter(is_whole=True, user=None).exists()
    for _ in range(10):
        change(dice, people, [branch_ekb, branch_krd])
        if dice.random() < 0.4:
            rollup.recompute()
        check([gleb, clara], branch_ekb)
    rollup.recompute()
    kept = {model: sorted(_rows(model)) for model in TABLES}
    for model in (*TABLES, CallDayState, CallDirty):
        model._default_manager.all().delete()
    call_command("rebuild_call_days")
    assert {model: sorted(_rows(model)) for model in TABLES} == kept


def _rows(model: Any) -> list[str]:
    names = [field.attname for field in model._meta.concrete_fields if field.name != "id"]
    return [repr(row) for row in model._default_manager.values_list(*names)]


@pytest.mark.django_db
def test_a_mark_is_written_by_whoever_changes_a_sealed_day_and_only_then(anna: User) -> None:
    old = make_call(anna, OLD, "connected")
    fresh = make_call(anna, NOW, "connected")
    CallDirty.objects.all().delete()
    CallRequest.objects.filter(pk=fresh.pk).update(is_private=True)
    CallRequest.objects.filter(pk=old.pk).update(note="заметка", rev=7)
    assert not CallDirty.objects.exists()
    CallRequest.objects.filter(pk=old.pk).update(is_private=True)
    assert [mark.counted_on for mark in CallDirty.objects.all()] == [old.counted_on]


@pytest.mark.django_db(transaction=True)
def test_a_change_during_the_recompute_keeps_its_mark(anna: User, gleb: User, branch_ekb: Branch) -> None:
    """The other worker writes after the snapshot was taken: its mark survives and the day is counted from calls."""
    call = make_call(anna, OLD, "connected", call_duration_seconds=9)
    day = call.counted_on
    assert day is not None
    rollup.recompute()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM phonebridge_calldirty")  # the snapshot is taken here
        _elsewhere("UPDATE phonebridge_callrequest SET is_private = true WHERE id = %s", call.pk)
        rollup.seal_day(day)
    assert CallDirty.objects.filter(counted_on=day).exists()
    check([gleb], branch_ekb)
    rollup.recompute()
    assert not CallDirty.objects.exists()
    assert not CallDay.objects.filter(counted_on=day).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_on_one_day_one_waits_for_the_next_run(anna: User, gleb: User, branch_ekb: Branch) -> None:
    call = make_call(anna, OLD, "connected")
    assert call.counted_on is not None
    rollup.recompute()
    with pytest.raises((OperationalError, IntegrityError)), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT 1 FROM phonebridge_calldaystate")
        _elsewhere("DELETE FROM phonebridge_callday WHERE counted_on = %s", call.counted_on)
        rollup.seal_day(call.counted_on)
    rollup.seal_day(call.counted_on)
    check([gleb], branch_ekb)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_day_first", [True, False])
def test_a_day_and_its_month_at_the_same_time_leave_no_old_numbers(
    anna: User, gleb: User, branch_ekb: Branch, is_day_first: bool
) -> None:
    """The month counts before the change and the day after it, neither sees the other: the second one fails."""
    make_call(anna, OLD - timedelta(days=40), "connected")
    call = make_call(anna, OLD, "connected")
    day = call.counted_on
    assert day is not None
    rollup.recompute()
    CallUnique.objects.all().delete()
    seen = threading.Event()
    with ThreadPoolExecutor(1) as pool, suppress(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT 1")
        if not is_day_first:
            rollup.seal_month(day.replace(day=1))
        _elsewhere("UPDATE phonebridge_callrequest SET number_key = NULL WHERE id = %s", call.pk)
        other = pool.submit(_seal_elsewhere, day, seen)
        assert seen.wait(20)
        if is_day_first:
            assert other.result(20)
            rollup.seal_month(day.replace(day=1))
            pytest.fail("the numbers of the old day were stored")
    assert other.result(20) == is_day_first
    check([gleb], branch_ekb)
    rollup.recompute()
    assert CallUnique.objects.filter(month=day.replace(day=1)).exists()
    check([gleb], branch_ekb)


def _seal_elsewhere(day: date, seen: threading.Event) -> bool:
    """The other worker, which tells when it has its snapshot; False when it has to leave the day to the next run."""

    def tell(execute: Any, sql: str, *args: Any) -> Any:
        found = execute(sql, *args)
        if "calldirty" in sql:
            seen.set()
        return found

    try:
        with connection.execute_wrapper(tell):
            rollup.seal_day(day)
    except OperationalError:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.django_db(transaction=True)
def test_a_recompute_killed_at_any_statement_changes_nothing(anna: User, gleb: User, branch_ekb: Branch) -> None:
    call = make_call(anna, OLD, "connected", call_duration_seconds=9)
    rollup.recompute()
    CallRequest.objects.filter(pk=call.pk).update(call_status="busy")
    for nth in range(1, 40):
        killer = _Killer(nth)
        with connection.execute_wrapper(killer), suppress(KeyboardInterrupt):
            rollup.recompute()
        check([gleb], branch_ekb)
        if not killer.is_due:
            break
    assert not CallDirty.objects.exists()
    assert CallDay.objects.filter(outgoing_busy=1).count() == 1


class _Killer:
    """Ends the work at its nth statement."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    @property
    def is_due(self) -> bool:
        return self.left <= 0

    def __call__(self, execute: Any, *args: Any) -> Any:
        self.left -= 1
        if self.is_due:
            raise KeyboardInterrupt
        return execute(*args)


def _elsewhere(statement: str, value: date | UUID) -> None:
    """One statement by a connection of its own, committed at once."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(statement, [value])
    finally:
        other.close()
