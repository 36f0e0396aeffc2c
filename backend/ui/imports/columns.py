"""The step «Столбцы»: how the file is read, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from companies.importer.headers import fold_title, letter
from companies.importer.rows import Overrides
from companies.importer.synonyms import FIELDS
from companies.importing import uploads
from companies.importing.apply import TEXTS
from companies.importing.drafts import Draft, Look
from ui.imports.words import DELIMITERS, ENCODINGS, MODES

KNOWN = "Как в прошлый раз"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """`name` of the select; `keep` is on when only empty fields are written."""

    index: int
    letter: str
    title: str
    samples: str
    field: str
    reason: str
    keep: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What stands in the form: from the last try, from the last file of this kind, or guessed."""

    mapping: dict[int, str]
    mode: str
    only_empty: frozenset[int]
    reasons: dict[int, str]


def chosen_of(draft: Draft, look: Look, actor: User) -> Chosen:
    guesses = {column: field for column, field in enumerate(look.guesses) if field}
    reasons = {column: reason for column, reason in enumerate(look.reasons) if reason}
    params = draft.job.params
    if "mode" in params and draft.plan is not None and draft.check_id:
        fields = draft.plan.mapping
        kept = {c for c, name in fields.items() if TEXTS.get(name, name) in params.get("only_empty", ())}
        return Chosen(fields, params["mode"], frozenset(kept), reasons if fields == guesses else {})
    known = uploads.remembered(actor=actor, look=look)
    if known is None:
        return Chosen(guesses, "both", frozenset(), reasons)
    folded = [fold_title(title) for title in look.titles]
    fields = {column: known.fields[title] for column, title in enumerate(folded) if title in known.fields}
    kept = {column for column, title in enumerate(folded) if title in known.only_empty}
    return Chosen(fields, known.mode, frozenset(kept), dict.fromkeys(fields, KNOWN))


def said_of(data: Mapping[str, str], look: Look) -> Chosen:
    """What the form says; columns that the file has not are left out."""
    columns = range(len(look.titles))
    mapping = {column: name for column in columns if (name := data.get(f"field-{column}", ""))}
    kept = frozenset(column for column in columns if f"keep-{column}" in data)
    return Chosen(mapping, data.get("mode", ""), kept, {})


def overrides_of(data: Mapping[str, str]) -> Overrides:
    """How the person wants the file to be read; what is not said is found out."""
    row = data.get("header_row", "").strip()
    header = int(row) if row.isascii() and row.isdigit() and len(row) <= 6 else None
    return Overrides(
        sheet=data.get("sheet") or None,
        encoding=data.get("encoding") or None,
        delimiter=data.get("delimiter") or None,
        header_row=header,
    )


def reading_context(look: Look, header_row: int | None) -> dict[str, Any]:
    """The form that overrules what was found out about the file."""
    return {
        "sheets": [
            Choice(name, f"{name} (скрытый)" if is_hidden else name, name == look.sheet)
            for name, is_hidden in look.sheets
        ],
        "encodings": _choices(ENCODINGS, look.encoding) if look.encoding else [],
        "delimiters": _choices(DELIMITERS, look.delimiter) if look.delimiter else [],
        "header_row": header_row,
        "found_row": look.header_row,
    }


def _choices(table: Mapping[str, str], value: str | None) -> list[Choice]:
    return [Choice(name, label, name == value) for name, label in table.items()]


def columns_context(draft: Draft, look: Look, chosen: Chosen) -> dict[str, Any]:
    return {
        "columns": [
            ColumnRow(
                index=column,
                letter=letter(column),
                title=title,
                samples=" · ".join(look.samples[column]),
                field=chosen.mapping.get(column, ""),
                reason=chosen.reasons.get(column, ""),
                keep=column in chosen.only_empty,
            )
            for column, title in enumerate(look.titles)
        ],
        "fields": list(FIELDS.items()),
        "modes": [Choice(value, label, value == chosen.mode) for value, label in MODES],
        "warnings": look.warnings,
        **reading_context(look, draft.job.params.get("header_row")),
    }
