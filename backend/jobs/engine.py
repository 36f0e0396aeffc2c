"""The worker's side: chunks of one job until it ends, is stopped, or the turn is over.

A job may be run by any number of workers at any moment: one holds the lease, the others leave.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.functions import Now

from common.clock import db_now_plus
from common.errors import DomainError
from common.garbage import collection_paused
from jobs import admission, leases, passes, progress
from jobs.handlers import Handler, handler_of
from jobs.models import Job, JobStop, Phase, Status

logger = logging.getLogger(__name__)


def run(*, job_id: uuid.UUID, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Work on a job for one turn, then let others have the worker: who is not done is called again."""
    lease = leases.take(job_id=job_id)
    if lease is not None:
        work(job_id=job_id, lease=lease, should_stop=should_stop)


def work(*, job_id: uuid.UUID, lease: str, should_stop: Callable[[], bool] = lambda: False) -> None:
    """The turn of the lease's holder. Whatever breaks it is a crash of the present chunk, and goes on upwards."""
    turn: timedelta = settings.JOBS["turn"]
    until = time.monotonic() + turn.total_seconds()
    pulse = progress.Pulse(job_id)
    is_broken = True
    try:
        goes_on = _step(job_id, lease)
        while goes_on and time.monotonic() < until and not should_stop():
            pulse.beat()
            goes_on = _step(job_id, lease)
        is_broken = False
    finally:
        if is_broken:
            logger.error("A chunk of the job %s has crashed", job_id)
            leases.give_back(job_id=job_id, lease=lease, is_crash=True)
    if goes_on:
        pulse.beat()
        _next_turn(job_id, lease)


@transaction.atomic
def _next_turn(job_id: uuid.UUID, lease: str) -> None:
    leases.give_back(job_id=job_id, lease=lease)
    admission.call_worker(job_id)


def _step(job_id: uuid.UUID, lease: str) -> bool:
    """One chunk, or the end; False when this lease has nothing more to do."""
    job = leases.held(job_id, lease).select_related("created_by").first()
    if job is None:
        return False
    if JobStop.objects.filter(job=job).exists():
        return _end(job, lease, Status.CANCELLED)
    if job.crashes >= leases.CRASHES:
        return _end(job, lease, Status.FAILED, _crash_sentence(job))
    try:
        handler = handler_of(job.kind)
        if job.passed >= job.ahead:
            return _finish(job, lease, handler)
        return _chunk(job, lease, handler)
    except DomainError as refusal:
        return _end(job, lease, Status.FAILED, refusal.detail)


def _chunk(job: Job, lease: str, handler: Handler) -> bool:
    """The next rows together; when they clash with each other or with somebody, once more one by one."""
    forward = passes.undo_chunk if job.phase == Phase.UNDO else passes.apply_chunk
    try:
        with collection_paused():
            return forward(job=job, lease=lease, handler=handler, one_by_one=False)
    except DatabaseError as error:
        if not passes.is_clash(error):
            raise
        logger.info("A chunk of the job %s goes row by row: %s", job.pk, error)
    return forward(job=job, lease=lease, handler=handler, one_by_one=True)


@transaction.atomic
def _finish(job: Job, lease: str, handler: Handler) -> bool:
    """The last word of the handler and the new status are committed together."""
    status = Status.UNDONE if job.phase == Phase.UNDO else Status.DONE
    if not _move(job, lease, status):
        return False
    job.status = status
    handler.finish(job)
    return False


@transaction.atomic
def _end(job: Job, lease: str, status: Status, error: str = "") -> bool:
    """What was committed stays, and may be undone or gone on with."""
    if _move(job, lease, status, error):
        job.status = status
        _tell_handler(job)
    return False


def _tell_handler(job: Job) -> None:
    """Its last words are no reason to stay active: a kind that is gone, or a refusal, is left out."""
    try:
        with transaction.atomic():
            handler_of(job.kind).stopped(job)
    except DomainError as refusal:
        logger.warning("The job %s has stopped without a last word: %s", job.pk, refusal)


def _move(job: Job, lease: str, status: Status, error: str = "") -> bool:
    changes: dict[str, Any] = {"status": status, "error": error[:500], "lease": "", "lease_until": Now(), "crashes": 0}
    if job.phase == Phase.UNDO:
        changes["undone_at"] = Now()
    else:
        changes |= {"finished_at": Now(), **_undo_limit(job)}
    moved = leases.held(job.pk, lease).update(**changes)
    if moved:
        JobStop.objects.filter(job=job).delete()
        progress.tell_on_commit(job.pk)
        admission.admit_later()
    return bool(moved)


def _undo_limit(job: Job) -> dict[str, Any]:
    try:
        within = handler_of(job.kind).undo_within
    except DomainError:
        within = None
    return {"undo_until": db_now_plus(within)} if within is not None else {}


def _crash_sentence(job: Job) -> str:
    if job.phase == Phase.UNDO:
        return f"Отмена остановлена: на строках до {job.cursor - job.undo_cursor} три сбоя подряд. Попробуйте позже."
    return f"Остановлено: на строках после {job.cursor} три сбоя подряд. Сделанное сохранено, работу можно продолжить."
