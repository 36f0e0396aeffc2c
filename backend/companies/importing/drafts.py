"""An import before it starts, as its page sees it: what the file is, how it is read, what the check has said.

All of it stands in the `params` of the job: `look` what the file is (below), `look_job` the work that looks at it,
`plan`, `mode`, `only_empty`, and `check`: {job, rows, counts [[status, code, n]], contacts, names}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from companies.importer import headers
from companies.importer.rows import Column, Inspection, Plan, load_plan
from jobs import bulk
from jobs.models import Job, Status

KEPT_CELL, KEPT_SAMPLE = 200, 80
# columns of the workbook of errors: they say nothing about the file
OWN_TITLES = ("Строка", "Причина", "Что сделано")


class State(StrEnum):
    """Before the job's own states."""

    LOOKING = "looking"
    UNREADABLE = "unreadable"
    UPLOADED = "uploaded"
    CHECKING = "checking"
    MAPPED = "mapped"
    CHECKED = "checked"
    STARTED = "started"


@dataclass(frozen=True, slots=True)
class Look:
    """What the page shows of a file; `titles`, `samples`, `guesses` and `reasons` are by column."""

    kind: str
    encoding: str | None
    delimiter: str | None
    sheets: list[tuple[str, bool]]
    sheet: str | None
    header_row: int
    titles: list[str]
    samples: list[list[str]]
    guesses: list[str]
    reasons: list[str]
    rows: list[tuple[int, list[str]]]
    rows_count: int
    warnings: list[str]

    @property
    def titles_key(self) -> list[str]:
        """The titles by which a mapping is remembered."""
        own = {headers.fold_title(title) for title in OWN_TITLES}
        return [folded for title in self.titles if (folded := headers.fold_title(title)) not in own]


def look_of(found: Inspection) -> dict[str, Any]:
    """An inspection as JSON that a database takes; cells are cut, the page shows no more of them."""
    kept = {
        "kind": found.kind,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "sheets": [[sheet.name, sheet.is_hidden] for sheet in found.sheets],
        "sheet": found.sheet,
        "header_row": found.header_row,
        "titles": [column.title for column in found.columns],
        "samples": [_samples(column) for column in found.columns],
        "guesses": [column.field for column in found.columns],
        "reasons": [column.reason for column in found.columns],
        "rows": [[n, [cell[:KEPT_CELL] for cell in cells]] for n, cells in found.rows],
        "rows_count": found.rows_count,
        "warnings": list(found.warnings),
    }
    stored: dict[str, Any] = bulk.storable(kept)
    return stored


def _samples(column: Column) -> list[str]:
    return [sample[:KEPT_SAMPLE] for sample in column.samples]


@dataclass(frozen=True, slots=True)
class Check:
    """What the trial has said; `outcomes` are rows by (status, code), `names` those that name no one person."""

    rows: int
    outcomes: Counter[tuple[str, str]]
    contacts: int
    names: list[str]


@dataclass(slots=True)
class Draft:
    """An import with the works that serve it, read in one go."""

    job: Job
    helpers: dict[str, Job] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> Draft:
        return cls.of_many([job])[0]

    @classmethod
    def of_many(cls, jobs: Sequence[Job]) -> list[Draft]:
        """The works of all these imports by one query, or none."""
        open_ = [job for job in jobs if job.status == Status.STAGING]
        ids = {
            pk for job in open_ for pk in (job.params.get("look_job"), job.params.get("check", {}).get("job")) if pk
        }
        found = {str(helper.pk): helper for helper in Job.objects.filter(pk__in=ids)} if ids else {}
        return [cls(job, found) for job in jobs]

    @property
    def look(self) -> Look | None:
        stored = self.job.params.get("look")
        return Look(**stored) if stored else None

    @property
    def look_job(self) -> Job | None:
        return self.helpers.get(self.job.params.get("look_job", ""))

    @property
    def plan(self) -> Plan | None:
        stored = self.job.params.get("plan")
        return load_plan(stored) if stored else None

    @property
    def check_id(self) -> str:
        found: str = self.job.params.get("check", {}).get("job", "")
        return found

    @property
    def check_job(self) -> Job | None:
        return self.helpers.get(self.check_id)

    @property
    def check(self) -> Check | None:
        stored = self.job.params.get("check", {})
        if "counts" not in stored:
            return None
        outcomes = Counter({(status, code): n for status, code, n in stored["counts"]})
        return Check(stored["rows"], outcomes, stored["contacts"], stored["names"])

    @property
    def state(self) -> State:
        if self.job.status != Status.STAGING:
            return State.STARTED
        if self.look_job is not None and not self.look_job.is_ended:
            return State.LOOKING
        if self.look is None:
            return State.UNREADABLE
        if self.check is not None:
            return State.CHECKED
        if self.check_job is not None and not self.check_job.is_ended:
            return State.CHECKING
        return State.MAPPED if self.check_id else State.UPLOADED

    @property
    def error(self) -> str:
        """Why the file was not read, or not checked."""
        errors = (helper.error for helper in (self.look_job, self.check_job) if helper is not None)
        return next(filter(None, errors), "")
