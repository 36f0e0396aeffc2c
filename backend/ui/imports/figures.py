"""Figures and rows of a check, of a running import and of its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.text import plural
from companies.importer import stored
from companies.importing.brought import people_of
from companies.importing.drafts import Check
from companies.importing.errorbook import titles_of, what_is_done
from companies.importing.services import Report
from companies.importing.words import CREATED, UNCHANGED, UPDATED
from jobs.models import Job, JobRow, RowStatus, UndoStatus
from jobs.selectors import Counts, row_page
from ui.tiles import Tile
from ui.times import number

ROWS = 25
SHOWN = {"": None, "refused": RowStatus.REFUSED, "warned": RowStatus.WARNED}


MOST_VALUES = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that was refused or warned of; `tone` is that of the first of its `words`."""

    number: int
    company: str
    what: tuple[str, ...]
    words: tuple[str, ...]
    tone: str
    outcome: str


def report_figures(outcomes: Mapping[tuple[str, str], int]) -> Report:
    report = Report()
    report.count(outcomes)
    return report


def check_tiles(check: Check) -> list[Tile]:
    """What will be."""
    report = report_figures(check.outcomes)
    people = f"и {number(check.contacts)} {plural(check.contacts, 'контакт', 'контакта', 'контактов')}"
    return [
        Tile("Будут созданы", number(report.created), people if check.contacts else ""),
        Tile("Будут обновлены", number(report.updated), "уже есть в базе"),
        Tile("Без изменений", number(report.unchanged), "в базе то же самое"),
        Tile("С замечаниями", number(report.warned), "загрузятся, проверьте", "warning" if report.warned else ""),
        Tile("Не загрузятся", number(report.refused), "строки с отказом", "danger" if report.refused else ""),
    ]


def result_tiles(job: Job, counts: Counts) -> list[Tile]:
    """What has happened so far."""
    report = report_figures({key: n for key, n in counts.rows.items() if key[0] != RowStatus.PENDING})
    added = people_of(job)
    people = f"и {number(added)} {plural(added, 'контакт', 'контакта', 'контактов')}" if added else ""
    return [
        Tile("Создано", number(report.created), people),
        Tile("Обновлено", number(report.updated)),
        Tile("Без изменений", number(report.unchanged)),
        Tile("С замечаниями", number(report.warned), "загружены, проверьте", "warning" if report.warned else ""),
        Tile("Не загружено", number(report.refused), "строки с отказом", "danger" if report.refused else ""),
    ]


def undo_tiles(counts: Counts) -> list[Tile]:
    """What an undo has taken back; rows, each counted once."""
    by = counts.by_undo()
    kept = by.get(UndoStatus.KEPT, 0)
    return [
        Tile("Строк отменено", number(by.get(UndoStatus.UNDONE, 0))),
        Tile("Строк оставлено", number(kept), "причины ниже" if kept else "", "warning" if kept else ""),
    ]


def problems_context(job: Job, outcomes: Mapping[tuple[str, str], int], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of the rows that were refused or warned of. `show` and `after` of the query choose it."""
    by: Counter[str] = Counter()
    for (status, _code), n in outcomes.items():
        by[status] += n
    refused, warned = by[RowStatus.REFUSED], by[RowStatus.WARNED]
    show = query.get("show", "") if query.get("show", "") in SHOWN else ""
    rows = _page(job, show, _number(query, "after"))
    titles = titles_of(job)
    is_done = job.queued_at is not None
    links = (("", "Все", refused + warned), ("refused", "Отказ", refused), ("warned", "Внимание", warned))
    return {
        "problems": [_problem(row, titles, is_done=is_done) for row in rows[:ROWS]],
        "problem_chips": [
            {"label": label, "url": f"?show={name}" if name else "?", "is_on": name == show, "count": number(n)}
            for name, label, n in links
        ],
        "next_url": f"?show={show}&after={rows[ROWS - 1].n}" if len(rows) > ROWS else "",
        "has_errors": bool(refused + warned),
    }


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else 0


def _page(job: Job, show: str, after: int) -> list[JobRow]:
    if SHOWN[show] is not None:
        return row_page(job, status=SHOWN[show], after=after, limit=ROWS + 1)
    both = JobRow.objects.filter(job=job, status__in=[RowStatus.REFUSED, RowStatus.WARNED], n__gt=after)
    return list(both.order_by("n")[: ROWS + 1])


def _problem(row: JobRow, titles: list[str], *, is_done: bool) -> Problem:
    told: list[dict[str, Any]] = (row.result or {}).get("problems") or []
    is_refused = row.status == RowStatus.REFUSED
    shown = [f"{titles[p['column']]}: {p['value']}" for p in told if 0 <= p["column"] < len(titles)]
    words = [row.reason] if is_refused else []
    words += [str(p["words"]) for p in told]
    return Problem(
        number=int(row.input["number"]),
        company=company_of(row),
        what=tuple(dict.fromkeys(shown))[:MOST_VALUES],
        words=tuple(dict.fromkeys(words or [row.reason])),
        tone="danger" if is_refused else "warning",
        outcome=what_is_done(row, is_done),
    )


def company_of(row: JobRow) -> str:
    _, said = stored.load(row.input)
    return said.company.name or said.company.legal_name or said.company.inn


@dataclass(frozen=True, slots=True)
class PreviewRow:
    number: int
    company: str
    inn: str
    phones: str
    people: str
    outcome: str
    tone: str


def preview_rows(job: Job) -> list[PreviewRow]:
    """The first rows as the check has understood them."""
    rows = JobRow.objects.filter(job=job, n__lte=10).exclude(status=RowStatus.PENDING).order_by("n")
    return [_preview(row) for row in rows]


def _preview(row: JobRow) -> PreviewRow:
    number, said = stored.load(row.input)
    people = [" ".join(filter(None, (p.last_name, p.first_name, p.middle_name))) for p in said.persons]
    tones = {CREATED: "success", UPDATED: "accent", UNCHANGED: "neutral"}
    is_refused = row.status == RowStatus.REFUSED
    return PreviewRow(
        number=number,
        company=company_of(row),
        inn=said.company.inn or said.company.inn_raw,
        phones=", ".join(phone.raw for phone in said.phones[:3]),
        people=", ".join(people[:3]),
        outcome=what_is_done(row, is_done=False),
        tone="danger" if is_refused else tones.get(row.code, "neutral"),
    )


@dataclass(frozen=True, slots=True)
class KeptRow:
    number: int
    company: str
    reason: str


def kept_context(job: Job, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of what an undo has left, and why; `kept` of the query is the row to go on after."""
    rows = row_page(job, undo_status=UndoStatus.KEPT, after=_number(query, "kept"), limit=ROWS + 1)
    return {
        "kept": [KeptRow(int(row.input["number"]), company_of(row), row.undo_reason) for row in rows[:ROWS]],
        "kept_next": f"?kept={rows[ROWS - 1].n}" if len(rows) > ROWS else "",
    }
