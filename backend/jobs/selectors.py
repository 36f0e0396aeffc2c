"""Answers about jobs: counts, pages of rows, places in the queue, whose they are."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from common.errors import DomainError
from jobs.handlers import UnknownKind, handler_of, handlers
from jobs.models import ENDED, Job, JobRow, Status

PAGE = 100


class NoSuchJob(DomainError):
    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by (status, code), and rows with a changed object by (undo status, undo code)."""

    rows: dict[tuple[str, str], int]
    undo: dict[tuple[str, str], int]

    def by_status(self) -> dict[str, int]:
        return _summed(self.rows)

    def by_undo(self) -> dict[str, int]:
        return _summed(self.undo)

    def of(self, status: str, code: str | None = None) -> int:
        """Rows of this status, with this code when one is given."""
        return sum(count for (s, c), count in self.rows.items() if s == status and code in {None, c})


def _summed(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (status, _code), count in counts.items():
        total[status] += count
    return dict(total)


def job_counts(job: Job) -> Counts:
    """Always counted, never kept: kept figures drift."""
    rows = JobRow.objects.filter(job=job).order_by()
    by_row = rows.values_list("status", "code").annotate(c=Count("n"))
    by_undo = rows.exclude(undo_status="").values_list("undo_status", "undo_code").annotate(c=Count("n"))
    return Counts(
        rows={(status, code): count for status, code, count in by_row},
        undo={(status, code): count for status, code, count in by_undo},
    )


def row_page(
    job: Job,
    *,
    status: str | None = None,
    code: str | None = None,
    undo_status: str | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[JobRow]:
    """Rows after number `after` in the order of the job, cut by what became of them."""
    wanted = {"status": status, "code": code, "undo_status": undo_status}
    cut = {name: value for name, value in wanted.items() if value is not None}
    return list(JobRow.objects.filter(job=job, n__gt=after, **cut).order_by("n")[:limit])


def queue_position(job: Job) -> int:
    """«в очереди: N»: 1 is the next of its group; 0 when it does not wait."""
    if job.status != Status.QUEUED:
        return 0
    before = Q(queued_at__lt=job.queued_at) | Q(queued_at=job.queued_at, pk__lt=job.pk)
    return 1 + Job.objects.filter(before, group=job.group, status=Status.QUEUED).count()


def visible_jobs(user: User) -> QuerySet[Job]:
    """The person's own jobs, and those that their kinds show to this person; newest first."""
    if not user.is_active:
        return Job.objects.none()
    allowed = Q(created_by=user)
    for handler in handlers():
        allowed |= Q(kind=handler.kind) & handler.may_see(user)
    return Job.objects.filter(allowed).order_by("-created_at", "-pk")


def get_visible_job(user: User, job_id: uuid.UUID) -> Job:
    """Raises NoSuchJob, the same for a missing job and somebody else's."""
    job = visible_jobs(user).filter(pk=job_id).first()
    if job is None:
        raise NoSuchJob("Не найдено.")
    return job


def may_manage(user: User, job: Job) -> bool:
    """May this person stop, resume and undo it?"""
    if not user.is_active:
        return False
    try:
        handler = handler_of(job.kind)
    except UnknownKind:
        return job.created_by_id == user.pk
    return Job.objects.filter(handler.may_manage(user), pk=job.pk).exists()


def can_undo(job: Job) -> bool:
    """Is there anything to take back, and still time for it?"""
    return job.status in ENDED and job.cursor > 0 and Job.objects.filter(pk=job.pk, undo_until__gt=Now()).exists()


def can_resume(job: Job) -> bool:
    """Stopped or failed on its way, in either direction, with its rows still there."""
    return job.status in {Status.CANCELLED, Status.FAILED} and bool(job.queued_at) and job.purged_at is None
