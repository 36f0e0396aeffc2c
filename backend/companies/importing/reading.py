"""The background work that an import needs before it starts: looking at a large file, and the check."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.core.cache import cache

from accounts.models import User
from common.errors import DomainError
from common.realtime import publish
from companies.importer.limits import limits_of
from companies.importer.rows import Overrides, inspect, load_plan, rules_now, stored_rows
from companies.importing import news, uploads
from companies.importing.handler import KIND, OfImports, author_of
from companies.importing.services import staged
from companies.importing.trial import PROBLEMS, Tried, try_rows
from jobs import files, leases, progress, rehearsal, services
from jobs.handlers import ChangeRecorder, RowOutcome
from jobs.models import Job, JobRow, JobStop, RowStatus, Status

TELL_S = 0.5
KEEP_S = 600
PREVIEW = 10
NAMES = 10


class Stopped(DomainError):
    code = "stopped"


def _target(job: Job) -> Job:
    found = Job.objects.select_related("created_by").filter(pk=job.params["import"], status=Status.STAGING).first()
    if found is None:
        raise Stopped("Загрузка удалена или уже начата.")
    return found


def _be_patient() -> None:
    """The parser of a large file is silent for as long as it may be."""
    limits = limits_of(settings.IMPORT)
    leases.watch_silence(leases.length() + timedelta(seconds=2 * limits.parse_s + limits.understanding_s))


class LookAtFile(OfImports):
    """One row: the file of an import."""

    kind = uploads.LOOK
    most_running = 2

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        target, said = _target(job), job.params
        _be_patient()
        chosen = Overrides(said["sheet"], said["encoding"], said["delimiter"], said["header_row"])
        found = inspect(files.existing_path(target), overrides=chosen)
        uploads.keep_look(job=target, found=found, header_row=said["header_row"])
        return [RowOutcome(RowStatus.DONE)] * len(rows)


class CheckImport(OfImports):
    """One row: the whole file is tried. It stands in the queue of imports, because it locks the same cards."""

    kind = uploads.CHECK
    group = KIND
    is_exclusive = True

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        target = _target(job)
        _be_patient()
        _Check(job, target, author_of(target)).run()
        return [RowOutcome(RowStatus.DONE)] * len(rows)


class _Check:
    """Tries the rows, then stages them with what was said; memory does not depend on their number."""

    def __init__(self, job: Job, target: Job, author: User) -> None:
        self.job, self.target, self.author = job, target, author
        self.names: dict[str, None] = {}
        self.pulse = _Pulse(job, target.params["look"]["rows_count"])

    def run(self) -> None:
        plan = load_plan(self.target.params["plan"])
        rules = rules_now(area_code=self.author.area_code)
        rows = stored_rows(files.existing_path(self.target), plan, rules=rules)
        with _spool() as read, _spool() as told:
            tried = try_rows(job=self.target, rows=self._copied(rows, read), tell=partial(self._hear, told))
            rehearsal.clear_rows(job=self.target)
            services.stage_rows(job=self.target, rows=staged(_texts(read)))
            rehearsal.keep_outcomes(job=self.target, outcomes=_outcomes(told))
        self._keep(tried)

    def _copied(self, texts: Iterator[str], copy: IO[str]) -> Iterator[str]:
        for text in texts:
            copy.write(f"{text}\n")
            self.pulse.beat()
            yield text

    def _hear(self, told: IO[str], row: JobRow, outcome: RowOutcome) -> None:
        _tell(told, row, outcome)
        name = row.input["company"].get("responsible")
        if name and len(self.names) < NAMES and any(p["code"] == "unknown_person" for p in _problems(outcome)):
            self.names[name] = None

    def _keep(self, tried: Tried) -> None:
        if not tried.rows:
            raise Stopped("Под заголовком нет строк.")
        stored = Job.objects.filter(pk=self.target.pk).first()
        if stored is None or stored.params.get("check", {}).get("job") != str(self.job.pk):
            raise Stopped("Столбцы выбраны заново.")
        news.keep_taken(self.target, tried.outcomes)
        counts = [[status, code, n] for (status, code), n in tried.outcomes.items()]
        said: dict[str, Any] = {"job": str(self.job.pk), "rows": tried.rows, "counts": counts}
        said |= {"contacts": tried.contacts, "names": list(self.names)}
        Job.objects.filter(pk=stored.pk, status=Status.STAGING).update(params={**stored.params, "check": said})


def _problems(outcome: RowOutcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (outcome.result or {}).get("problems") or []
    return found


def _spool() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="ascii")


def _texts(spool: IO[str]) -> Iterator[str]:
    spool.seek(0)
    for line in spool:
        yield line.rstrip("\n")


def _tell(spool: IO[str], row: JobRow, outcome: RowOutcome) -> None:
    """The problems, and the first rows for the preview."""
    if row.n > PREVIEW and outcome.status not in PROBLEMS:
        return
    said = [row.n, outcome.status, outcome.code, outcome.reason, {**(outcome.result or {}), "company": None}]
    spool.write(json.dumps(said, ensure_ascii=True) + "\n")


def _outcomes(spool: IO[str]) -> Iterator[tuple[int, RowOutcome]]:
    for n, status, code, reason, result in map(json.loads, _texts(spool)):
        yield n, RowOutcome(RowStatus(status), code, reason, result)


def rows_checked(check_id: str) -> int:
    """How many rows a running check has behind it."""
    found: int = cache.get(f"import:check:{check_id}", 0)
    return found


class _Pulse:
    """Tells the page twice a second how far the check is, and hears whether somebody stops it."""

    def __init__(self, job: Job, total: int) -> None:
        self.job, self.total, self.done = job, total, 0
        self.next_at = time.monotonic() + TELL_S

    def beat(self) -> None:
        self.done += 1
        if self.done % 50 or time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + TELL_S
        if JobStop.objects.filter(job=self.job).exists():
            raise Stopped("Проверка остановлена.")
        cache.set(f"import:check:{self.job.pk}", self.done, KEEP_S)
        frame = {"cursor": self.done, "total": max(self.total, self.done), "counts": {}}
        publish(progress.topic(self.job.pk), {**progress.frame_of(self.job), **frame})
