"""From a file on disk to typed rows: `inspect` shows what it is, `read_rows` reads it by a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from common.text import plural
from companies.importer import headers, reader, stored, synonyms, wire
from companies.importer.cells import one_line, plain
from companies.importer.child import Job
from companies.importer.encodings import ENCODINGS, MIXED
from companies.importer.errors import BadFile
from companies.importer.files import sha256_of, size_of
from companies.importer.headers import Header
from companies.importer.limits import PREVIEW_ROWS, Limits, limits_of
from companies.importer.parsed import ParsedRow, Rules
from companies.importer.record import read_row
from companies.importer.text import DELIMITERS
from companies.importer.typed import Ask

__all__ = ["Column", "Inspection", "Overrides", "Plan", "inspect", "load_plan", "read_row", "read_rows", "rules_now"]

SAMPLES = 3
CHOSEN = "Выбрано вручную"

type NumberedRow = tuple[int, list[wire.WireCell]]


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the person decided instead of the detection; None leaves it to us. `header_row` 0: there is no header."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    mapping: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class SheetInfo:
    name: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Column:
    """`index` from zero; `samples` are up to three different values; `field` is '' when it is not imported."""

    index: int
    title: str
    samples: tuple[str, ...]
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read the file of this content; `mapping` is column from zero → field."""

    sha256: str
    sheet: str | None
    encoding: str | None
    delimiter: str | None
    header_row: int
    mapping: dict[int, str] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """For a JSON column; `load_plan` reads it back."""
        return asdict(self) | {"mapping": {str(column): name for column, name in self.mapping.items()}}


def load_plan(stored: Mapping[str, Any]) -> Plan:
    return Plan(**{**stored, "mapping": {int(column): name for column, name in stored["mapping"].items()}})


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is and how it would be read. `rows` are the first ones under the header, as people see them."""

    kind: str
    size_bytes: int
    sha256: str
    encoding: str | None
    delimiter: str | None
    sheets: tuple[SheetInfo, ...]
    sheet: str | None
    header_row: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    rows_count: int
    blank_rows: int
    repeated_headers: int
    warnings: tuple[str, ...]

    @property
    def plan(self) -> Plan:
        mapping = {column.index: column.field for column in self.columns if column.field}
        return Plan(self.sha256, self.sheet, self.encoding, self.delimiter, self.header_row, mapping)


def rules_now(*, area_code: str = "") -> Rules:
    """The rules of this installation; `area_code` completes local numbers."""
    return Rules(tuple(settings.IMPORT_NAME_PREFIXES), area_code, settings.IMPORT["cell_chars"])


def inspect(path: Path, *, overrides: Overrides | None = None) -> Inspection:
    """Look at the whole file without reading its rows into fields. Raises BadFile."""
    chosen = overrides or Overrides()
    _check_text_options(chosen.encoding, chosen.delimiter)
    limits = limits_of(settings.IMPORT)
    size_bytes, sha256 = size_of(path, limits), sha256_of(path)
    job = Job(str(path), limits, chosen.sheet, chosen.encoding, chosen.delimiter, chosen.header_row)
    facts, *rows, last = reader.answers(job)
    facts, end = facts["facts"], last["end"]
    numbered: list[NumberedRow] = [(number, cells) for number, cells, _ in rows]
    header = headers.find_header(numbered, facts.get("merges", []), chosen.header_row)
    data = [(n, cells) for n, cells in numbered if n > header.row and not headers.same_header(header, cells)]
    above = sum(number <= header.row for number, _ in numbered)
    count = end["rows"] - above - end["repeated"]
    if count > limits.rows:
        raise BadFile("too_many_rows", limit=limits.rows)
    sheets = tuple(SheetInfo(name, is_hidden) for name, is_hidden in facts.get("sheets", []))
    return Inspection(
        kind=facts["kind"],
        size_bytes=size_bytes,
        sha256=sha256,
        encoding=facts.get("encoding"),
        delimiter=facts.get("delimiter"),
        sheets=sheets,
        sheet=facts.get("sheet"),
        header_row=header.row,
        columns=_columns(header, data, chosen.mapping),
        rows=tuple((n, tuple(plain(wire.unpack(cell)) for cell in cells)) for n, cells in data[:PREVIEW_ROWS]),
        rows_count=count,
        blank_rows=end["blank"],
        repeated_headers=end["repeated"],
        warnings=tuple(_warnings(facts, header, count, end["repeated"])),
    )


def _check_text_options(encoding: str | None, delimiter: str | None) -> None:
    if encoding is not None and encoding not in {*ENCODINGS, MIXED}:
        raise BadFile("unknown_encoding")
    if delimiter is not None and delimiter not in DELIMITERS:
        raise BadFile("bad_delimiter")


def _columns(header: Header, data: Sequence[NumberedRow], chosen: Mapping[int, str] | None) -> tuple[Column, ...]:
    width = max([len(header.cells), *(len(cells) for _, cells in data)])
    shown = headers.titles(header, width)
    if chosen is None:
        guesses = headers.guess_mapping(shown, header.cells) if header.row else {}
        found = {column: (guess.field, guess.reason) for column, guess in guesses.items()}
    else:
        _check_mapping(chosen)
        found = {column: (name, CHOSEN) for column, name in chosen.items()}
    return tuple(
        Column(index, title, _samples(data, index), *found.get(index, ("", ""))) for index, title in enumerate(shown)
    )


def _samples(data: Sequence[NumberedRow], column: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for _, cells in data:
        text = one_line(plain(wire.unpack(cells[column]))) if column < len(cells) else ""
        if text and len(found) < SAMPLES:
            found[text] = None
    return tuple(found)


def _warnings(facts: dict[str, Any], header: Header, count: int, repeated: int) -> Iterator[str]:
    if not header.row:
        yield "Заголовок не найден: столбцы названы буквами, сопоставьте их вручную."
    if count <= 0:
        yield "Под заголовком нет строк."
    if repeated:
        rows = plural(repeated, "строка", "строки", "строк")
        yield f"Заголовок повторяется ниже: {repeated} {rows}. Они будут пропущены."
    if facts.get("mixed_lines"):
        yield f"Часть строк записана в другой кодировке: {facts['mixed_lines']}. Проверьте в них буквы."
    if len(set(header.cells)) < len(header.cells):
        yield "Есть столбцы с одинаковыми или пустыми названиями."
    if any(name == facts.get("sheet") and is_hidden for name, is_hidden in facts.get("sheets", [])):
        yield "Этот лист в книге скрыт."


def _check_mapping(mapping: Mapping[int, str]) -> None:
    """Unknown fields, impossible columns, or two columns for a field that holds one value."""
    single = [name for name in mapping.values() if name not in synonyms.REPEATABLE]
    is_known = all(name in synonyms.FIELDS for name in mapping.values())
    if not is_known or len(single) != len(set(single)) or any(column < 0 for column in mapping):
        raise BadFile("bad_plan")


def stored_rows(path: Path, plan: Plan, *, rules: Rules | None = None) -> Iterator[str]:
    """What each row means, as JSON text that `stored.load` reads; no blank rows, no repeated headers.

    One row in memory at a time. Raises BadFile, also for a file whose content is not the plan's, and while iterating.
    """
    _check_text_options(plan.encoding, plan.delimiter)
    _check_mapping(plan.mapping)
    limits: Limits = limits_of(settings.IMPORT)
    size_of(path, limits)
    if plan.sha256 and sha256_of(path) != plan.sha256:
        raise BadFile("changed")
    job = Job(str(path), limits, plan.sheet, plan.encoding, plan.delimiter)
    return reader.rows(Ask(job, plan.header_row, plan.mapping, rules or rules_now()))


def read_rows(path: Path, plan: Plan, *, rules: Rules | None = None) -> Iterator[tuple[int, ParsedRow]]:
    """(row as Excel numbers it, what it means). Raises as `stored_rows`."""
    texts = stored_rows(path, plan, rules=rules)
    return (stored.load(json.loads(text)) for text in texts)
