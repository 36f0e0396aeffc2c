"""What the clock does for jobs: nothing waits for a lost word, nothing is kept for ever."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from common.clock import db_now_plus
from jobs import admission, files, leases
from jobs.models import ACTIVE, ENDED, ChangeLog, Job, JobRow, Status

# a worker that was called usually comes within this; the next call is sent after the second
LATE, AGAIN = timedelta(seconds=5), timedelta(seconds=30)
JOBS_AT_ONCE, ROWS_AT_ONCE = 20, 10_000


def sweep() -> int:
    """Start what waits in the queue, and call a worker for every job that lost its own; returns how many of both."""
    return admission.admit() + sum(_call_again(pk) for pk in leases.due().values_list("pk", flat=True))


@transaction.atomic
def _call_again(job_id: uuid.UUID) -> int:
    never = Q(called_at__isnull=True) | Q(called_at__lte=db_now_plus(-AGAIN))
    late = leases.due().order_by().filter(never, pk=job_id, lease_until__lte=db_now_plus(-LATE))
    if late.select_for_update(skip_locked=True).values_list("pk").first() is None:
        return 0  # nobody is late, or somebody is amid a chunk
    called = late.update(called_at=Now())
    if called:
        admission.call_worker(job_id)
    return called


def purge() -> int:
    """Forget the rows, the log and the file of jobs that ended long ago; the job itself stays as a line of history.

    Returns how many rows and files went.
    """
    return sum(_purge_job(job) for job in _old()[:JOBS_AT_ONCE]) + _purge_files()


def _old() -> QuerySet[Job]:
    long_ago = db_now_plus(-settings.JOBS["keep"])
    ended = Q(status__in=ENDED, finished_at__lte=long_ago) & (Q(undone_at__isnull=True) | Q(undone_at__lte=long_ago))
    never_started = Q(status=Status.STAGING, created_at__lte=long_ago)
    undoable = Q(undo_until__gt=Now())
    return Job.objects.filter(ended | never_started, purged_at__isnull=True).exclude(undoable).order_by("created_at")


@transaction.atomic
def _purge_job(job: Job) -> int:
    """By numbers of rows, so that no single statement is long; a job that goes on meanwhile is left alone."""
    if not Job.objects.filter(pk=job.pk, status=job.status, purged_at__isnull=True).update(purged_at=Now()):
        return 0
    gone = 0
    for first in range(0, job.total + 1, ROWS_AT_ONCE):
        some = Q(job=job, n__gt=first, n__lte=first + ROWS_AT_ONCE)
        gone += ChangeLog.objects.filter(some).delete()[0] + JobRow.objects.filter(some).delete()[0]
    gone += _remove_file(job)
    if job.status == Status.STAGING:
        job.delete()
    return gone


def _purge_files() -> int:
    over = Job.objects.filter(file_until__lte=Now()).exclude(file_name="").exclude(status__in=ACTIVE)
    return sum(_remove_file(job) for job in over[:JOBS_AT_ONCE])


def _remove_file(job: Job) -> int:
    if not job.file_name:
        return 0
    files.remove_on_commit(job)
    return Job.objects.filter(pk=job.pk).update(file_name="", file_size=0)
