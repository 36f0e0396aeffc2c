"""One chunk is one transaction: the cursor moves first, then everything that its rows do; all of it or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import groupby

from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from psycopg import errors

from jobs import behind, bulk, leases
from jobs.handlers import ChangeRecorder, Handler, RowOutcome, UndoOutcome
from jobs.models import ChangeLog, Job, JobRow, RowStatus, Status, UndoStatus

logger = logging.getLogger(__name__)
LOST_RACES = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
TRIES = 2
CLASH = "clash"
CLASH_REASON = "Не записано: такая запись уже есть, или её одновременно менял другой человек."
BAD_DATA = "bad_data"
BAD_DATA_REASON = "Не записано: база не принимает значение этой строки."
LOGGED = ("job", "n", "model", "object_id", "op", "field", "old", "new", "version")


def is_clash(error: DatabaseError) -> bool:
    """One row of the chunk is to blame, or another transaction: the rows are worth a try one by one."""
    return isinstance(error, IntegrityError | DataError) or isinstance(error.__cause__, LOST_RACES)


@transaction.atomic
def apply_chunk(*, job: Job, lease: str, handler: Handler, one_by_one: bool) -> bool:
    """Do the next rows; False when the job is no longer this lease's, or its cursor stands elsewhere."""
    following = min(job.cursor + handler.chunk_size, job.total)
    mine = leases.held(job.pk, lease).filter(status=Status.RUNNING, cursor=job.cursor)
    if not mine.update(cursor=following):
        return False
    leases.watch_silence()
    rows = _rows_to_do(job, following)
    log = ChangeRecorder(job)
    with behind.behind():
        _keep_outcomes(rows, _apply(job, rows, log, handler, one_by_one=one_by_one))
        bulk.insert(ChangeLog, LOGGED, log.entries)
    leases.held(job.pk, lease).update(**leases.renewal())
    return True


def _rows_to_do(job: Job, upto: int) -> list[JobRow]:
    """The next rows with what handlers look at; instances that are read in full cost more than all their work."""
    names = ("pk", "n", "input", "target_id", "target_version")
    ahead = JobRow.objects.filter(job=job, n__gt=job.cursor, n__lte=upto).order_by("n").values_list(*names)
    make = bulk.maker(JobRow)
    return [make(job=job, **dict(zip(("id", *names[1:]), row, strict=True))) for row in ahead]


def rehearse(*, job: Job, rows: list[JobRow], log: ChangeRecorder, handler: Handler) -> list[RowOutcome]:
    """What these rows would come to, done inside the transaction of a caller who rolls it back.

    Foreign keys are not compared: that locks the rows they point to, and people would wait for the end of the trial.
    """
    place = len(log.entries)
    try:
        with transaction.atomic():
            return handler.apply(job, rows, log)
    except DatabaseError as error:
        if not is_clash(error):
            raise
    log.forget(place)
    return [_apply_alone(job, row, log, handler, is_trial=True) for row in rows]


def _apply(
    job: Job, rows: list[JobRow], log: ChangeRecorder, handler: Handler, *, one_by_one: bool
) -> list[RowOutcome]:
    if one_by_one:
        return [_apply_alone(job, row, log, handler) for row in rows]
    return handler.apply(job, rows, log)


def _apply_alone(
    job: Job, row: JobRow, log: ChangeRecorder, handler: Handler, *, is_trial: bool = False
) -> RowOutcome:
    """A row that lost a race is done anew, so that it sees who won; one that fails again is refused alone."""
    place = len(log.entries)

    def attempt() -> RowOutcome:
        log.forget(place)
        (outcome,) = handler.apply(job, [row], log)
        return outcome

    found = _alone(attempt, compares=not is_trial)
    if isinstance(found, RowOutcome):
        return found
    log.forget(place)
    code, reason = _blame(found)
    return RowOutcome(RowStatus.REFUSED, code, reason)


def _alone[T](attempt: Callable[[], T], *, compares: bool = True) -> T | DatabaseError:
    """What `attempt` gave in a savepoint of its own, or the last of its clashes. `compares`: foreign keys too."""
    last: DatabaseError | None = None
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                found = attempt()
                if compares:
                    _check_deferred()
        except DatabaseError as error:
            if not is_clash(error):
                raise
            last = error
        else:
            return found
    assert last is not None  # noqa: S101 (typing)
    return last


def _check_deferred() -> None:
    """Foreign keys are compared at the commit: too late to know whose fault it is."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def _blame(error: DatabaseError) -> tuple[str, str]:
    logger.warning("A row of a job was refused by the database: %s", error)
    return (BAD_DATA, BAD_DATA_REASON) if isinstance(error, DataError) else (CLASH, CLASH_REASON)


def _keep_outcomes(rows: Sequence[JobRow], outcomes: Sequence[RowOutcome]) -> None:
    for row, outcome in zip(rows, outcomes, strict=True):
        row.status, row.code, row.result = outcome.status, outcome.code, outcome.result
        row.reason = _reason(outcome.reason)
    bulk.update(JobRow, ("status", "code", "reason", "result"), rows)


def _reason(text: str) -> str:
    cleaned: str = bulk.storable(text)
    return cleaned[:500]


@transaction.atomic
def undo_chunk(*, job: Job, lease: str, handler: Handler, one_by_one: bool) -> bool:
    """Take back what the next rows changed, newest first; what was kept by an earlier undo is tried again."""
    following = min(job.undo_cursor + handler.chunk_size, job.cursor)
    mine = leases.held(job.pk, lease).filter(status=Status.UNDOING, undo_cursor=job.undo_cursor)
    if not mine.update(undo_cursor=following):
        return False
    leases.watch_silence()
    changes = ChangeLog.objects.filter(job=job, n__gt=job.cursor - following, n__lte=job.cursor - job.undo_cursor)
    entries = list(changes.exclude(undo_status=UndoStatus.UNDONE).order_by("-n", "-pk"))
    _keep_undone(job, entries, _undo(job, entries, handler, one_by_one=one_by_one))
    leases.held(job.pk, lease).update(**leases.renewal())
    return True


def _undo(job: Job, entries: list[ChangeLog], handler: Handler, *, one_by_one: bool) -> list[UndoOutcome]:
    if not one_by_one:
        return handler.undo(job, entries) if entries else []
    rows = groupby(entries, lambda entry: entry.n)
    return [outcome for _n, group in rows for outcome in _undo_alone(job, list(group), handler)]


def _undo_alone(job: Job, entries: list[ChangeLog], handler: Handler) -> list[UndoOutcome]:
    found = _alone(lambda: handler.undo(job, entries))
    if isinstance(found, list):
        return found
    code, reason = _blame(found)
    return [UndoOutcome(UndoStatus.KEPT, code, reason)] * len(entries)


def _keep_undone(job: Job, entries: Sequence[ChangeLog], outcomes: Sequence[UndoOutcome]) -> None:
    """An entry says what became of it; a row is kept when anything of it is."""
    by_row: dict[int, UndoOutcome] = {}
    for entry, outcome in zip(entries, outcomes, strict=True):
        entry.undo_status, entry.undo_code, entry.undo_reason = outcome.status, outcome.code, _reason(outcome.reason)
        known = by_row.setdefault(entry.n, outcome)
        if known.status != UndoStatus.KEPT:
            by_row[entry.n] = outcome
    rows = list(JobRow.objects.filter(job=job, n__in=list(by_row)))
    for row in rows:
        outcome = by_row[row.n]
        row.undo_status, row.undo_code, row.undo_reason = outcome.status, outcome.code, _reason(outcome.reason)
    names = ("undo_status", "undo_code", "undo_reason")
    bulk.update(ChangeLog, names, entries)
    bulk.update(JobRow, names, rows)
