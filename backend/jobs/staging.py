"""Rows of a job before it starts: streamed in, numbered 1…n without a gap, in constant memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from common.errors import DomainError
from common.garbage import collection_paused
from jobs import behind, bulk
from jobs.models import Job, JobRow, Status

COLUMNS = ("job", "n", "input", "target_id", "target_version")
REFUSAL = "Работа уже запущена или остановлена: строки больше не добавляются."


class NotStaging(DomainError):
    code = "not_staging"
    status = 409


@dataclass(frozen=True, slots=True)
class Staged:
    """What a row starts from; `target` is the id of the object and its version at this moment."""

    input: dict[str, Any] | bulk.JsonText = field(default_factory=dict)
    target_id: int | None = None
    target_version: int | None = None


@dataclass(slots=True)
class _Numbered:
    """A row of the table JobRow before it is stored."""

    job_id: uuid.UUID
    n: int
    input: dict[str, Any] | bulk.JsonText
    target_id: int | None
    target_version: int | None


@transaction.atomic
def stage_rows(*, job: Job, rows: Iterable[Staged]) -> int:
    """Append rows, all of them or none; returns how many the job has now. Raises NotStaging.

    `rows` may be a generator over any number of rows and may ask the database.
    """
    before = total = _room(job)
    source = iter(rows)
    with behind.behind():
        while count := _stage_some(job, source, total):
            total += count
    return _grown(job, before, total)


def _stage_some(job: Job, rows: Iterator[Staged], after: int) -> int:
    """Store the next rows while those after them are made; how many, 0 at the end."""
    with collection_paused():
        drafts = [
            _Numbered(job.pk, n, row.input, row.target_id, row.target_version)
            for n, row in enumerate(islice(rows, bulk.BATCH), after + 1)
        ]
        _room(job)  # whoever stops the job meanwhile need not wait for the last row
        bulk.insert(JobRow, COLUMNS, drafts)
    return len(drafts)


@transaction.atomic
def stage_selection(*, job: Job, selection: QuerySet[Any, Any], version: str | None = None) -> int:
    """Freeze a selection in one `INSERT … SELECT`: ids in the order of the queryset, and the field `version` of each.

    Returns how many rows the job has now. Raises NotStaging.
    """
    before = _room(job)
    names = ["pk", *([version] if version else [])]
    try:
        inner, params = selection.values_list(*names).query.sql_with_params()
    except EmptyResultSet:  # `none()`, or a person who reaches nothing
        return before
    columns = ["target", *(["version"] if version else [])]
    # the inner statement was made by the ORM; names are our own
    statement = (
        f"WITH chosen({', '.join(columns)}) AS ({inner}) "  # noqa: S608
        f"INSERT INTO {connection.ops.quote_name(JobRow._meta.db_table)} (job_id, n, target_id, target_version) "
        f"SELECT %s, %s + row_number() OVER (), target, {'version' if version else 'NULL'} FROM chosen"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, _key(job), before])
    # SQLite does not tell how many rows such a statement made
    return _grown(job, before, before + JobRow.objects.filter(job=job, n__gt=before).count())


def _key(job: Job) -> Any:
    return Job._meta.pk.get_db_prep_value(job.pk, connection)


def _room(job: Job) -> int:
    """Rows so far. The job is not locked: its cancellation must not wait for a long staging."""
    total = Job.objects.filter(pk=job.pk, status=Status.STAGING).values_list("total", flat=True).first()
    if total is None:
        raise NotStaging(REFUSAL)
    return total


def _grown(job: Job, before: int, total: int) -> int:
    """The rows count from here on; of two that stage at once the constraint on numbers refuses the second."""
    if not Job.objects.filter(pk=job.pk, status=Status.STAGING, total=before).update(total=total):
        raise NotStaging(REFUSAL)
    job.total = total
    return total
