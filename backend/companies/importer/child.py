"""The process that looks into a file: `python -m companies.importer.child JOB`, with no database, settings or secrets.

JOB is JSON (see `Job`); the answer is JSON lines: `facts`, the first rows as `[number, cells, faults]`, `end`; or
`bad` alone. All rows are read by `typed`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, PasswordError

from companies.importer import encodings, sheets, text, wire
from companies.importer.errors import BadFile
from companies.importer.files import Kind, kind_of
from companies.importer.headers import find_header, same_header
from companies.importer.limits import HEADER_ROWS, MIB, PREVIEW_ROWS, Limits

SAMPLE_LINES = 4_000
SAMPLE_CHARS = 2 * MIB
NICE = 5
LAST_WORDS_BYTES = 64 * 1024
SENT_ROWS = HEADER_ROWS + PREVIEW_ROWS + 1

type Row = tuple[int, list[wire.WireCell], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Job:
    """What to read; None: find it out. `header_row` is from 1, 0: there is none."""

    path: str
    limits: Limits
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None

    def dump(self) -> str:
        return json.dumps(asdict(self))


def load_job(source: str) -> Job:
    fields = json.loads(source)
    return Job(**fields | {"limits": Limits(**fields["limits"])})


def restrict(limits: Limits, *, more_s: int = 0) -> None:
    """A parser that goes wild is stopped by the system: memory, processor time; it writes nothing but last words.

    Calls and pages come first: it has the processor when they leave it.
    """
    os.nice(NICE)
    seconds = limits.parse_s + more_s
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb * MIB,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LAST_WORDS_BYTES, LAST_WORDS_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=True, separators=(",", ":")))
    sys.stdout.write("\n")


def open_rows(job: Job) -> tuple[dict[str, Any], Iterator[Row]]:
    """Facts of the file and its rows."""
    path = Path(job.path)
    kind = kind_of(path, job.limits)
    if kind is Kind.TEXT:
        return _open_text(path, job)
    book = sheets.open_workbook(path, kind, job.sheet, job.limits)
    last = job.limits.columns - 1
    facts = {
        "kind": kind.value,
        "sheets": [[sheet.name, sheet.is_hidden] for sheet in book.sheets],
        "sheet": book.chosen,
        "merges": [(top, left, bottom, min(right, last)) for top, left, bottom, right in book.merges],
    }
    return facts, ((number, cells, ()) for number, cells in book.rows())


def _open_text(path: Path, job: Job) -> tuple[dict[str, Any], Iterator[Row]]:
    found = encodings.named(job.encoding, path) if job.encoding else encodings.detect(path)
    lines = encodings.read_lines(path, found)
    sample = list(_sample(lines))
    delimiter = job.delimiter or text.guess_delimiter(sample)
    facts = {"kind": Kind.TEXT.value, "encoding": found.name, "delimiter": delimiter, "mixed_lines": found.mixed_lines}
    records = text.read_records(chain(sample, lines), delimiter)
    return facts, ((record.number, list(record.cells), record.faults) for record in records)


def _sample(lines: Iterator[text.Line]) -> Iterator[text.Line]:
    size = 0
    for line in islice(lines, SAMPLE_LINES):
        yield line
        size += len(line[0])
        if size > SAMPLE_CHARS:
            return


class Count:
    """Counts while rows pass, and refuses what is over the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows = 0
        self.blank = 0

    def pass_filled(self, rows: Iterator[Row]) -> Iterator[Row]:
        for number, cells, faults in rows:
            while cells and wire.is_blank(cells[-1]):
                cells.pop()
            if not cells:
                self.blank += 1
                continue
            if len(cells) > self.limits.columns:
                raise BadFile("too_many_columns", row=number, limit=self.limits.columns)
            self.rows += 1
            # What stands above the header is no row of the table; the reader counts those exactly.
            if self.rows > self.limits.rows + HEADER_ROWS:
                raise BadFile("too_many_rows", limit=self.limits.rows)
            yield number, cells, faults


def answer(job: Job) -> None:
    facts, rows = open_rows(job)
    count = Count(job.limits)
    filled = count.pass_filled(rows)
    say({"facts": facts})
    first = list(islice(filled, SENT_ROWS))
    for row in first:
        say(row)
    header = find_header([(n, cells) for n, cells, _ in first], facts.get("merges", []), job.header_row)
    repeated = sum(same_header(header, cells) for n, cells, _ in chain(first, filled) if n > header.row)
    say({"end": {"rows": count.rows, "blank": count.blank, "repeated": repeated}})


def main() -> None:
    job = load_job(sys.argv[1])
    restrict(job.limits)
    guarded(lambda: answer(job))


def guarded(work: Callable[[], None]) -> None:
    """Do it; what a parser dislikes is an answer too."""
    try:
        work()
    except BadFile as refusal:
        say({"bad": [refusal.code, refusal.numbers]})
    except PasswordError:
        say({"bad": ["password", {}]})
    except (CalamineError, ExpatError):
        say({"bad": ["damaged", {}]})
    except MemoryError:
        say({"bad": ["too_heavy", {}]})
    sys.stdout.flush()


if __name__ == "__main__":
    main()
