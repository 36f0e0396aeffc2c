"""The workbook of the rows that were refused or warned of: mend it and load it again as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Q

from companies.exporting.columns import seen
from companies.exporting.formats import sheet_bytes, workbook
from companies.importer.headers import letter
from companies.importer.synonyms import FIELDS
from companies.importing.drafts import OWN_TITLES
from companies.importing.words import CREATED, UNCHANGED, UPDATED
from jobs.models import Job, JobRow, RowStatus

SHEET = "Строки с замечаниями"
PAGE = 1_000
DONE = {CREATED: "Создана", UPDATED: "Обновлена", UNCHANGED: "Без изменений"}
WOULD = {CREATED: "Будет создана", UPDATED: "Будет обновлена", UNCHANGED: "Без изменений"}


def error_book(*, job: Job, folder: Path) -> Iterator[bytes]:
    """The workbook, piece by piece; `folder` holds its sheet meanwhile. Every cell is a text, nothing a formula."""
    titles = titles_of(job)
    is_done = job.queued_at is not None
    sheet = folder / "sheet"
    with sheet.open("wb") as file:
        file.write(sheet_bytes([[*map(seen, titles), *OWN_TITLES]]))
        for page in _pages(job):
            file.writelines(sheet_bytes([_cells(row, titles, is_done=is_done)]) for row in page)
    yield from workbook(sheet, SHEET)


def _cells(row: JobRow, titles: list[str], *, is_done: bool) -> list[str]:
    """The row of the file, and what became of it."""
    raw = [*row.input.get("raw", ()), *[""] * len(titles)][: len(titles)]
    texts = [*raw, str(row.input["number"]), reason_of(row, titles), what_is_done(row, is_done)]
    return list(map(seen, texts))


def titles_of(job: Job) -> list[str]:
    """The titles of the file; columns without any are called by the field they are read into."""
    look, mapping = job.params.get("look") or {}, job.params["plan"]["mapping"]
    # a file that a command has read has not been looked at
    width = 1 + max(map(int, mapping), default=-1)
    titles = list(look.get("titles", ())) or [letter(i) for i in range(width)]
    if not look.get("header_row"):
        titles = [FIELDS.get(mapping.get(str(i), ""), title) for i, title in enumerate(titles)]
    own = [i for i, title in enumerate(titles) if title in OWN_TITLES]
    while own and own[-1] == len(titles) - 1:  # a workbook of errors that was loaded again
        titles.pop(own.pop())
    return titles


def _pages(job: Job) -> Iterator[list[JobRow]]:
    told = JobRow.objects.filter(Q(status=RowStatus.REFUSED) | Q(status=RowStatus.WARNED), job=job).order_by("n")
    last = 0
    while page := list(told.filter(n__gt=last)[:PAGE]):
        last = page[-1].n
        yield page


def reason_of(row: JobRow, titles: list[str]) -> str:
    """Every problem of the row, with its column and value."""
    problems: list[dict[str, Any]] = (row.result or {}).get("problems") or []
    found = [row.reason] if row.status == RowStatus.REFUSED else []
    for problem in problems:
        words = str(problem["words"])
        where = titles[problem["column"]] if 0 <= problem["column"] < len(titles) else ""
        found.append(f"{where}: {words}" if where else words)
    return " ".join(dict.fromkeys(found or [row.reason]))


def what_is_done(row: JobRow, is_done: bool) -> str:
    if row.status == RowStatus.REFUSED:
        return "Не загружена" if is_done else "Не загрузится"
    return (DONE if is_done else WOULD).get(row.code, "")
