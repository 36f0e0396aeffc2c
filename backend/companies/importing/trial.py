"""What an import would do, to the row: everything is done and taken back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from companies.importing.brought import people_in
from companies.importing.handler import CompanyImport
from companies.importing.unseen import Unseen
from jobs import rehearsal
from jobs.handlers import ChangeRecorder, RowOutcome
from jobs.models import Job, JobRow, RowStatus

PROBLEMS = frozenset([RowStatus.REFUSED, RowStatus.WARNED])


@dataclass(slots=True)
class Tried:
    """Rows by (status, code); `contacts` would be new people."""

    rows: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    contacts: int = 0


def try_rows(*, job: Job, rows: Iterable[str], tell: Callable[[JobRow, RowOutcome], None]) -> Tried:
    """Nothing is written; `rows` are those of `stored_rows`, `tell` hears of each in order."""
    tried = Tried()
    logs: list[ChangeRecorder] = []

    def hear(row: JobRow, outcome: RowOutcome, log: ChangeRecorder) -> None:
        tried.rows += 1
        tried.outcomes[outcome.status, outcome.code] += 1
        if not logs or logs[0] is not log:
            logs[:] = [log]
            tried.contacts += sum(map(people_in, log.entries))
        tell(row, outcome)

    rehearsal.rehearse(job=job, rows=_drafts(job, rows), handler=CompanyImport(Unseen()), tell=hear)
    return tried


def _drafts(job: Job, rows: Iterable[str]) -> Iterator[JobRow]:
    for n, text in enumerate(rows, 1):
        yield JobRow(job=job, n=n, input=json.loads(text))
