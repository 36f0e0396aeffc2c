"""Records of a delimited text, one at a time: delimiter, quotes, and going on after a quote that never closes."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from companies.importer.limits import MAX_RECORD

DELIMITERS = (";", ",", "\t", "|")
SAMPLE_RECORDS = 50
UNCLOSED = "unclosed_quote"
TOO_LONG = "record_too_long"
MIXED_LINE = "mixed_encoding"

csv.field_size_limit(4 * MAX_RECORD)


@dataclass(frozen=True, slots=True)
class Record:
    """`number` is the row as Excel would show it; `faults` are codes of problems of the whole row."""

    number: int
    cells: list[str]
    faults: tuple[str, ...] = ()


type Line = tuple[str, bool]


class _Source:
    """Lines that may be given back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._back: deque[Line] = deque()

    def next(self) -> Line | None:
        return self._back.popleft() if self._back else next(self._lines, None)

    def skip_rest_of(self, text: str) -> bool:
        """True when `text` is the beginning of a line longer than a record; its other pieces are skipped."""
        was_skipped = False
        while not text.endswith(("\n", "\r")) and (line := self.next()) is not None:
            text, was_skipped = line[0], True
        return was_skipped

    def give_back(self, lines: list[Line]) -> None:
        self._back.extendleft(reversed(lines))


class _Quoted:
    """Feeds one record with quotes to the csv reader, as many lines as it asks for."""

    def __init__(self, first: Line, source: _Source) -> None:
        self.taken = [first]
        self.is_unclosed = False
        self._source = source

    def __iter__(self) -> Iterator[str]:
        yield self.taken[0][0]
        size = len(self.taken[0][0])
        while size <= MAX_RECORD and (line := self._source.next()) is not None:
            self.taken.append(line)
            size += len(line[0])
            yield line[0]
        # The reader wants more than there is, or more than a record may be.
        self.is_unclosed = True


def read_records(lines: Iterable[Line], delimiter: str) -> Iterator[Record]:
    """Records in order. A quote that does not close within a record's size is a fault of its first line only.

    Of a line longer than a record the beginning is given, as one cell and with a fault.
    """
    source, number = _Source(lines), 0
    while (line := source.next()) is not None:
        number += 1
        text, is_mixed = line
        faults = (MIXED_LINE,) if is_mixed else ()
        if source.skip_rest_of(text):
            yield Record(number, [text], (*faults, TOO_LONG))
            continue
        if '"' not in text:
            yield Record(number, text.rstrip("\r\n").split(delimiter), faults)
            continue
        quoted = _Quoted(line, source)
        cells = next(csv.reader(quoted, delimiter=delimiter), [])
        if quoted.is_unclosed:
            source.give_back(quoted.taken[1:])
            yield Record(number, text.rstrip("\r\n").split(delimiter), (*faults, UNCLOSED))
            continue
        if any(mixed for _, mixed in quoted.taken):
            faults = (MIXED_LINE,)
        yield Record(number, cells, faults)


def guess_delimiter(lines: list[Line]) -> str:
    """The delimiter with the largest usual number of columns; of equals the first of DELIMITERS."""
    return max(DELIMITERS, key=lambda delimiter: _usual_columns(lines, delimiter))


def _usual_columns(lines: list[Line], delimiter: str) -> int:
    sample = islice(read_records(lines, delimiter), SAMPLE_RECORDS)
    counts = Counter(len(record.cells) for record in sample if any(record.cells))
    return max(counts, key=lambda width: (counts[width], width), default=0)
