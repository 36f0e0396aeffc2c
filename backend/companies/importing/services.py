"""Starting an import from a file that lies on this machine, trying it, taking it back."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from common.errors import DomainError
from companies.importer.rows import Plan, inspect, rules_now, stored_rows
from companies.importing.handler import KIND, UNDO_BY
from companies.importing.trial import PROBLEMS, try_rows
from companies.importing.words import CREATED, UNCHANGED, UPDATED
from jobs import engine, services
from jobs.bulk import JsonText
from jobs.handlers import RowOutcome
from jobs.models import ACTIVE, ENDED, Job, JobRow, Phase, RowStatus, Status
from jobs.selectors import job_counts

MODES = ("create", "update", "both")
FIRST_PROBLEMS = 100


class BadImport(DomainError):
    code = "bad_import"


class Busy(DomainError):
    code = "busy"
    status = 409


@dataclass(slots=True)
class Report:
    """Counts of rows; `problems` are the first ones, each with the row's number as Excel shows it."""

    id: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    warned: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    def count(self, outcomes: Mapping[tuple[str, str], int]) -> None:
        """Rows by (status, code) as the figures of a report."""
        by_code: Counter[str] = Counter()
        by_status: Counter[str] = Counter()
        for (status, code), n in outcomes.items():
            by_status[status] += n
            if status != RowStatus.REFUSED:
                by_code[code] += n
        self.created, self.updated, self.unchanged = by_code[CREATED], by_code[UPDATED], by_code[UNCHANGED]
        self.refused, self.warned = by_status[RowStatus.REFUSED], by_status[RowStatus.WARNED]


def stage_import(*, actor: User, path: Path, plan: Plan, mode: str = "both", title: str = "") -> Job:
    """Read the file into the rows of a job that has not begun. Raises BadFile, BadImport."""
    if mode not in MODES:
        raise BadImport("Режим — create, update или both.")
    params = {"mode": mode, "plan": plan.dump(), "file": path.name}
    job = services.create_job(actor=actor, kind=KIND, title=title or f"Загрузка {path.name}", params=params)
    area_code = actor.area_code
    try:
        services.stage_rows(job=job, rows=staged(stored_rows(path, plan, rules=rules_now(area_code=area_code))))
    except DomainError:
        services.discard(job=job)
        raise
    return job


def staged(texts: Iterable[str]) -> Iterator[services.Staged]:
    """Rows as the reader gives them, for the job; nobody looks into them here."""
    return (services.Staged(input=JsonText(text)) for text in texts)


def import_now(*, actor: User, path: Path, mode: str = "both") -> Report:
    """The whole import at once, in this process. Raises BadFile, BadImport, Busy."""
    job = stage_import(actor=actor, path=path, plan=inspect(path).plan, mode=mode)
    services.start(job=job)
    finish_here(job)
    return report_of(job)


def finish_here(job: Job) -> None:
    """Work on a job in this process until it ends; a second worker does no harm."""
    while True:
        engine.run(job_id=job.pk)
        job.refresh_from_db()
        if job.status == Status.FAILED:
            raise BadImport(job.error or "Загрузка не выполнена.")
        if job.status == Status.QUEUED:
            raise Busy("Сейчас идёт другая загрузка. Эта стоит в очереди и начнётся сама.")
        if job.status not in ACTIVE:
            return


def report_of(job: Job) -> Report:
    """What came of an import that has ended."""
    report = Report(id=str(job.pk))
    report.count(job_counts(job).rows)
    told = JobRow.objects.filter(job=job, status__in=[RowStatus.REFUSED, RowStatus.WARNED]).order_by("n")
    report.problems = [_problem(row) for row in told[:FIRST_PROBLEMS]]
    return report


def _problem(row: JobRow) -> dict[str, Any]:
    return {
        "row": row.input.get("number"),
        "code": row.code if row.status == RowStatus.REFUSED else _first_code(row),
        "reason": row.reason,
        "refused": row.status == RowStatus.REFUSED,
    }


def _first_code(row: JobRow) -> str:
    problems = (row.result or {}).get("problems") or [{}]
    return str(problems[0].get("code", ""))


class _Tried(Exception):
    """Carries what a trial would have done out of its transaction."""


def try_import(*, actor: User, path: Path, mode: str = "both") -> Report:
    """What an import would do; nothing is written. Raises BadFile, BadImport."""
    if mode not in MODES:
        raise BadImport("Режим — create, update или both.")
    report = Report()
    plan = inspect(path).plan
    area_code = actor.area_code
    rows = stored_rows(path, plan, rules=rules_now(area_code=area_code))
    try:
        with transaction.atomic():
            _try_rows(actor, rows, mode, report)
            raise _Tried
    except _Tried:
        return report


def _try_rows(actor: User, rows: Iterator[str], mode: str, report: Report) -> None:
    job = services.create_job(actor=actor, kind=KIND, title="Проверка", params={"mode": mode})

    def tell(row: JobRow, outcome: RowOutcome) -> None:
        if outcome.status in PROBLEMS and len(report.problems) < FIRST_PROBLEMS:
            row.status, row.code, row.reason, row.result = outcome.status, outcome.code, outcome.reason, outcome.result
            report.problems.append(_problem(row))

    report.count(try_rows(job=job, rows=rows, tell=tell).outcomes)


@transaction.atomic
def take_back(*, job: Job, actor: User | None) -> Job:
    """Queue the undo of a batch; each card asks for the rights of whoever undoes. Raises DomainError."""
    was_asked = Job.objects.filter(pk=job.pk, phase=Phase.UNDO).exclude(status__in=ENDED).exists()
    going = services.undo(job=job, actor=actor)
    if actor is not None and not was_asked:
        going.params = {**going.params, UNDO_BY: actor.pk}
        going.save(update_fields=["params"])
    return going


def undo_now(*, job_id: uuid.UUID, actor: User | None) -> dict[str, int]:
    """Take a batch back in this process: how many entries were undone and kept. Raises DomainError."""
    job = Job.objects.filter(pk=job_id, kind=KIND).first()
    if job is None:
        raise BadImport("Такой загрузки нет.", code="not_found", status=404)
    take_back(job=job, actor=actor)
    finish_here(job)
    counts = job_counts(job).by_undo()
    return {str(status): n for status, n in counts.items() if status}
