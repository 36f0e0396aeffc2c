"""Whose job it is: a lease that is taken, renewed with every chunk, given back, and taken over when it ends.

Why there is no thread that beats: a chunk begins with an UPDATE of the job's row, so until it commits it holds that
row's lock, and a beat beside it would wait for exactly this lock. The lock is the stronger sign of life: nobody takes
over while it is held (`SKIP LOCKED`), it ends with the worker's connection, and the database itself ends a transaction
that is silent for longer than a lease. So the lease is renewed at the end of every chunk, and no worker is believed
dead in the middle of a long one.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from common.clock import db_now_plus
from jobs.models import ACTIVE, Job

CRASHES = 3


def length() -> timedelta:
    found: timedelta = settings.JOBS["lease"]
    return found


def due() -> QuerySet[Job]:
    """Active jobs that nobody works on; the one that has waited longest first."""
    return Job.objects.filter(status__in=ACTIVE, lease_until__lte=Now()).order_by("lease_until")


@transaction.atomic
def take(*, job_id: uuid.UUID) -> str | None:
    """The lease of an active job that nobody works on, or None. One that ended under its worker counts as a crash."""
    free = due().filter(pk=job_id).select_for_update(skip_locked=True).values_list("lease", flat=True)
    before = next(iter(free), None)
    if before is None:
        return None
    lease = secrets.token_hex(16)
    crashed = 1 if before else 0
    taken = (
        due()
        .filter(pk=job_id)
        .order_by()
        .update(lease=lease, lease_until=db_now_plus(length()), beat_at=Now(), crashes=F("crashes") + crashed)
    )
    return lease if taken else None


def held(job_id: uuid.UUID, lease: str) -> QuerySet[Job]:
    """The job while this lease is good: whoever lost it finds no row. Only the holder's own words are conditional on
    this; the clock is not asked, because a lease that has ended and was taken by nobody is still the holder's.
    """
    return Job.objects.filter(pk=job_id, lease=lease, status__in=ACTIVE).exclude(lease="")


def renewal() -> dict[str, Any]:
    """What the end of a chunk writes: the worker lives, and this chunk has not crashed."""
    return {"lease_until": db_now_plus(length()), "beat_at": Now(), "crashes": 0}


def give_back(*, job_id: uuid.UUID, lease: str, is_crash: bool = False) -> None:
    """Somebody else may go on at once; after a crash somewhat later, so that a brief fault may pass."""
    crash = {"crashes": F("crashes") + 1, "lease_until": db_now_plus(length() / 12)} if is_crash else {}
    held(job_id, lease).update(**{"lease": "", "lease_until": Now(), **crash})


def watch_silence(longest: timedelta | None = None) -> None:
    """Inside a chunk's transaction: a worker that says nothing to the database for a lease's length loses it.

    A handler that has to wait for something else says how long that may be.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            limit = f"{round((longest or length()).total_seconds() * 1000)}ms"
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [limit])
