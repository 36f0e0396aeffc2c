"""A job that was tried before it starts: its rows are staged anew, and carry what the trial said until the start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import batched

from django.db import transaction

from jobs import behind, bulk, passes
from jobs.handlers import ChangeRecorder, Handler, RowOutcome
from jobs.models import ChangeLog, Job, JobRow, RowStatus, Status
from jobs.staging import REFUSAL, NotStaging

OUTCOME = ("status", "code", "reason", "result")


class _Over(Exception):
    """Takes everything back that the trial has written."""


def rehearse(
    *, job: Job, rows: Iterable[JobRow], handler: Handler, tell: Callable[[JobRow, RowOutcome, ChangeRecorder], None]
) -> None:
    """Do the rows chunk by chunk as the engine would, then roll everything back.

    `rows` need not be stored; `tell` hears of each row in order, with what its chunk has changed.
    """
    try:
        # what a chunk has come to counts at once for the next one
        with behind.at_once(), transaction.atomic():
            for chunk in batched(rows, handler.chunk_size, strict=False):
                _rehearse_chunk(job, list(chunk), handler, tell)
            raise _Over
    except _Over:
        return


def _rehearse_chunk(
    job: Job, rows: list[JobRow], handler: Handler, tell: Callable[[JobRow, RowOutcome, ChangeRecorder], None]
) -> None:
    log = ChangeRecorder(job)
    outcomes = passes.rehearse(job=job, rows=rows, log=log, handler=handler)
    # later chunks ask what earlier ones have made
    bulk.insert(ChangeLog, passes.LOGGED, log.entries)
    for row, outcome in zip(rows, outcomes, strict=True):
        tell(row, outcome, log)


@transaction.atomic
def clear_rows(*, job: Job) -> None:
    """Forget the staged rows, to stage others. Raises NotStaging."""
    JobRow.objects.filter(job=job).delete()
    if not Job.objects.filter(pk=job.pk, status=Status.STAGING).update(total=0):
        raise NotStaging(REFUSAL)
    job.total = 0


@transaction.atomic
def keep_outcomes(*, job: Job, outcomes: Iterator[tuple[int, RowOutcome]]) -> None:
    """What the trial said of these rows, by number."""
    for some in batched(outcomes, bulk.BATCH, strict=False):
        by_number = dict(some)
        rows = list(JobRow.objects.filter(job=job, n__in=list(by_number)))
        for row in rows:
            said = by_number[row.n]
            row.status, row.code, row.reason, row.result = said.status, said.code, said.reason[:500], said.result
        bulk.update(JobRow, OUTCOME, rows)


@transaction.atomic
def forget_outcomes(*, job: Job) -> None:
    """Before the start: from here on an outcome is something that has happened."""
    told = JobRow.objects.filter(job=job).exclude(status=RowStatus.PENDING)
    told.update(status=RowStatus.PENDING, code="", reason="", result=None)
