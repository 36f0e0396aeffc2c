"""Periodic tasks: once at a time, remembered, never stuck."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import F

from accounts.models import User
from crm.beat import EVERY_S
from crm.celery import app
from crm.periodic import TASKS, WORK
from jobs import periodic
from jobs.models import PeriodicRun
from phonebridge.models import CallRequest
from phonebridge.tests.fixtures import age, click

pytestmark = pytest.mark.django_db


def test_second_worker_finds_the_task_taken() -> None:
    seen: list[int | None] = []

    def work() -> int:
        seen.append(periodic.run(name="t", interval_s=5, work=lambda: 1))
        return 7

    assert periodic.run(name="t", interval_s=5, work=work) == 7
    assert seen == [None]
    assert periodic.run(name="t", interval_s=5, work=lambda: 2) == 2
    row = PeriodicRun.objects.get()
    assert (row.rows, row.failures, row.ok_at is not None) == (2, 0, True)


def test_failure_is_noted_and_gives_the_lock_back() -> None:
    def fall() -> int:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            periodic.run(name="t", interval_s=5, work=fall)
    row = PeriodicRun.objects.get()
    assert (row.failures, row.ok_at) == (2, None)
    assert row.error


def test_lock_of_a_killed_worker_ends_by_itself() -> None:
    assert periodic.claim(name="t", interval_s=5)
    assert periodic.claim(name="t", interval_s=5) is None
    PeriodicRun.objects.update(lock_until=F("lock_until") - timedelta(seconds=121))
    assert periodic.claim(name="t", interval_s=5)


def test_beat_runs_exactly_the_table() -> None:
    beat: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    scheduled = {entry["args"][0]: entry["schedule"] for entry in beat.values()}
    assert scheduled == {name: task.interval_s for name, task in TASKS.items()}
    assert set(EVERY_S) == set(WORK)
    app.loader.import_default_modules()
    assert {entry["task"] for entry in beat.values()} <= set(app.tasks)


def test_command_takes_the_same_path(anna: User) -> None:
    call = age(click(anna), expires_at=timedelta(seconds=61))
    call_command("run_periodic", "phonebridge.reap")
    assert CallRequest.objects.get(pk=call.pk).status == "expired"
    periodic.claim(name="phonebridge.reap", interval_s=5)
    with pytest.raises(SystemExit) as ended:
        call_command("run_periodic", "phonebridge.reap")
    assert ended.value.code == 3
