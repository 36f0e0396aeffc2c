"""What callers do with jobs. A repeat is harmless; refusals are sentences."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from common.errors import DomainError
from jobs import admission, files, progress
from jobs.handlers import group_of, handler_of
from jobs.models import ACTIVE, ENDED, Job, JobStop, Phase, Status
from jobs.selectors import may_manage
from jobs.staging import NotStaging, Staged, stage_rows, stage_selection

__all__ = [
    "CannotUndo",
    "NotStaging",
    "NotYours",
    "Staged",
    "WrongState",
    "cancel",
    "create_job",
    "discard",
    "resume",
    "stage_rows",
    "stage_selection",
    "start",
    "undo",
]


class NotYours(DomainError):
    code = "not_yours"
    status = 403


class WrongState(DomainError):
    code = "wrong_state"
    status = 409


class CannotUndo(DomainError):
    code = "cannot_undo"
    status = 409


@transaction.atomic
def create_job(*, actor: User | None, kind: str, title: str, params: dict[str, Any] | None = None) -> Job:
    """A job without rows, not yet in the queue. Raises UnknownKind."""
    handler = handler_of(kind)
    return Job.objects.create(
        kind=kind,
        title=title[:200],
        params=params or {},
        created_by=actor,
        group=group_of(handler),
        is_exclusive=handler.is_exclusive,
    )


@transaction.atomic
def start(*, job: Job) -> Job:
    """All rows are staged: into the queue, and out of it at once when its limits allow. Fresh from the database.

    Raises WrongState when it was stopped or discarded before.
    """
    staged = Job.objects.filter(pk=job.pk, status=Status.STAGING)
    if staged.update(status=Status.QUEUED, queued_at=Now()):
        _enter_queue(job)
    fresh = Job.objects.filter(pk=job.pk).exclude(status__in=[Status.CANCELLED, Status.STAGING]).first()
    if fresh is None:
        raise WrongState("Работа остановлена до запуска. Создайте её заново.")
    return fresh


@transaction.atomic
def cancel(*, job: Job, actor: User | None) -> bool:
    """Stop before it starts, or after the present chunk; False when it has ended already. Raises NotYours.

    A waiting undo that has taken nothing back leaves the job as it was.
    """
    _check(actor, job)
    waiting = Job.objects.filter(pk=job.pk, status__in=[Status.STAGING, Status.QUEUED])
    moved = (
        waiting.filter(phase=Phase.APPLY).update(status=Status.CANCELLED, finished_at=Now())
        or waiting.filter(undo_cursor__gt=0).update(status=Status.CANCELLED)
        or waiting.filter(undo_from=Status.UNDONE).update(status=Status.UNDONE, undo_cursor=F("cursor"))
        or waiting.update(status=F("undo_from"), phase=Phase.APPLY)
    )
    if moved:
        progress.tell_on_commit(job.pk)
        admission.admit_later()
        return True
    if not Job.objects.filter(pk=job.pk, status__in=ACTIVE).exists():
        return False
    JobStop.objects.bulk_create([JobStop(job_id=job.pk, by=actor)], ignore_conflicts=True)
    admission.call_worker(job.pk)
    return True


@transaction.atomic
def resume(*, job: Job, actor: User | None) -> Job:
    """Go on where a stopped or failed job stands, in its direction. Raises NotYours, WrongState."""
    _check(actor, job)
    ended = Job.objects.filter(pk=job.pk, status__in=[Status.CANCELLED, Status.FAILED], purged_at__isnull=True)
    _queue(job, ended.exclude(queued_at__isnull=True), refusal="Продолжить можно только остановленную работу.")
    return Job.objects.get(pk=job.pk)


@transaction.atomic
def undo(*, job: Job, actor: User | None) -> Job:
    """Take back what the job changed, newest first; asked again, it tries what was kept. Raises NotYours, CannotUndo.

    A repeat while it waits or runs changes nothing.
    """
    _check(actor, job)
    fresh = Job.objects.get(pk=job.pk)
    if fresh.phase == Phase.UNDO and not fresh.is_ended:
        return fresh
    _check_undo(fresh)
    rows = Job.objects.filter(pk=job.pk, status=fresh.status, phase=fresh.phase)
    is_going_on = fresh.phase == Phase.UNDO and fresh.status != Status.UNDONE
    restart: dict[str, Any] = {} if is_going_on else {"undo_cursor": 0, "undo_from": fresh.status}
    _queue(job, rows, refusal="Состояние работы изменилось. Обновите страницу.", phase=Phase.UNDO, **restart)
    return Job.objects.get(pk=job.pk)


@transaction.atomic
def discard(*, job: Job) -> bool:
    """Forget a job that was never started, with its rows; False when it was."""
    stored = Job.objects.select_for_update().filter(pk=job.pk, queued_at__isnull=True).first()
    if stored is None:
        return False
    files.remove_on_commit(stored)
    stored.delete()
    return True


def _check(actor: User | None, job: Job) -> None:
    """Nobody in particular is the system itself."""
    if actor is not None and not may_manage(actor, job):
        raise NotYours("Эту работу запустил другой сотрудник.")


def _check_undo(job: Job) -> None:
    if job.status not in ENDED:
        raise CannotUndo("Работа ещё идёт. Сначала остановите её.")
    if job.cursor == 0:
        raise CannotUndo("Отменять нечего: ничего не изменено.")
    if job.undo_until is None:
        raise CannotUndo("Эту работу отменить нельзя.")
    if job.purged_at or not Job.objects.filter(pk=job.pk, undo_until__gt=Now()).exists():
        raise CannotUndo("Срок отмены прошёл.")


def _queue(job: Job, rows: QuerySet[Job], *, refusal: str, **changes: Any) -> None:
    """Back into the queue, without the stop that somebody may have asked for before."""
    JobStop.objects.filter(job_id=job.pk).delete()
    if not rows.update(status=Status.QUEUED, queued_at=Now(), error="", crashes=0, **changes):
        raise WrongState(refusal)
    _enter_queue(job)


def _enter_queue(job: Job) -> None:
    """Whoever is let in is told of by the admission."""
    admission.admit()
    if Job.objects.filter(pk=job.pk, status=Status.QUEUED).exists():
        progress.tell_on_commit(job.pk)
