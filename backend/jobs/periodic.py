"""Running a task by the clock: claimed by a conditional UPDATE, so that two beats do it once."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from common.clock import db_now_plus
from jobs.models import PeriodicRun

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)


def run(*, name: str, interval_s: int, work: Callable[[], int]) -> int | None:
    """Do `work` unless another worker is at it (None); returns how many rows it touched."""
    token = claim(name=name, interval_s=interval_s)
    if token is None:
        return None
    with _remembered(name, token) as done:
        done.append(work())
    return done[0]


def claim(*, name: str, interval_s: int) -> str | None:
    """The lock of a task for two minutes, or None while somebody else holds it."""
    PeriodicRun.objects.bulk_create([PeriodicRun(name=name, interval_s=interval_s)], ignore_conflicts=True)
    token = secrets.token_hex(8)
    free = PeriodicRun.objects.filter(name=name, lock_until__lte=Now())
    taken = free.update(token=token, interval_s=interval_s, lock_until=db_now_plus(LEASE), started_at=Now())
    return token if taken else None


@contextmanager
def _remembered(name: str, token: str) -> Iterator[list[int]]:
    """Give the lock back and note the result, also when the work fails."""
    done: list[int] = []
    mine = PeriodicRun.objects.filter(name=name, token=token)
    try:
        yield done
    finally:
        if done:
            mine.update(lock_until=Now(), finished_at=Now(), ok_at=Now(), rows=done[0], error="", failures=0)
        else:
            failed = {"error": "Не выполнена, см. журнал.", "failures": F("failures") + 1}
            mine.update(lock_until=Now(), finished_at=Now(), **failed)
            logger.error("The periodic task %s failed", name)
