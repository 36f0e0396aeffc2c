"""Who leaves the queue: one place that counts, under one lock, in the order of the queue."""

from __future__ import annotations

import uuid
from collections import Counter

from django.db import connection, transaction
from django.db.models.functions import Coalesce, Now

from common.queue import enqueue_on_commit
from jobs import progress
from jobs.handlers import Handler, UnknownKind, handler_of
from jobs.models import ACTIVE, Job, Phase, Status

RUN_TASK = "jobs.run"
# any number that nobody else locks
_LOCK = 0x6A6F6273


@transaction.atomic
def admit() -> int:
    """Let everything out of the queue that its limits allow; returns how many jobs that were.

    A job that waits for its person's limit holds nobody else up; one that waits for its group holds the group.
    """
    _lock()
    busy = _Busy()
    started = [job for job in _waiting() if busy.admits(job)]
    for job in started:
        _start(job)
    return len(started)


def call_worker(job_id: uuid.UUID) -> None:
    """Queue the work on a job by name once the transaction has committed."""
    enqueue_on_commit(RUN_TASK, job_id=str(job_id))


def _lock() -> None:
    """Two admissions stand in a row. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _waiting() -> list[Job]:
    return list(Job.objects.filter(status=Status.QUEUED).order_by("queued_at", "pk"))


class _Busy:
    """How many jobs of each group, and of each person in it, are active; grows with those that are let in."""

    def __init__(self) -> None:
        self.groups: Counter[str] = Counter()
        self.people: Counter[tuple[str, int | None]] = Counter()
        self.closed: set[str] = set()
        for group, person in Job.objects.filter(status__in=ACTIVE).values_list("group", "created_by_id"):
            self._count(group, person)

    def _count(self, group: str, person: int | None) -> None:
        self.groups[group] += 1
        self.people[group, person] += 1

    def admits(self, job: Job) -> bool:
        try:
            handler = handler_of(job.kind)
        except UnknownKind:
            return False
        if job.group in self.closed:
            return False
        if not self._has_room(job, handler):
            self.closed.add(job.group)
            return False
        if handler.most_per_user is not None and self.people[job.group, job.created_by_id] >= handler.most_per_user:
            return False
        self._count(job.group, job.created_by_id)
        return True

    def _has_room(self, job: Job, handler: Handler) -> bool:
        busy = self.groups[job.group]
        if job.is_exclusive and busy:
            return False
        return handler.most_running is None or busy < handler.most_running


def _start(job: Job) -> None:
    """Nobody else moves a queued job but its cancellation, which may have come first."""
    status = Status.UNDOING if job.phase == Phase.UNDO else Status.RUNNING
    moved = Job.objects.filter(pk=job.pk, status=Status.QUEUED).update(
        status=status, started_at=Coalesce("started_at", Now()), lease="", lease_until=Now(), crashes=0
    )
    if moved:
        progress.tell_on_commit(job.pk)
        call_worker(job.pk)


def admit_later() -> None:
    """`admit` in a transaction of its own, after this one: its lock is never held through somebody's long work."""
    transaction.on_commit(admit, robust=True)
