"""Rows as plain JSON and back, without loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

Columns = dict[str, Any]


def dump(row: models.Model, names: Iterable[str] | None = None) -> Columns:
    """Columns by their names in Python (`company_id`), all that can be written when `names` is left out."""
    wanted = names if names is not None else [f.attname for f in _fields(type(row))]
    return {name: _plain(getattr(row, name)) for name in wanted}


def load(model: type[models.Model], columns: Mapping[str, Any]) -> Columns:
    """The same columns as values of the row."""
    types = {f.attname: f for f in _fields(model)}
    return {name: types[name].to_python(value) for name, value in columns.items()}


def insert(model: type[models.Model], columns: Mapping[str, Any]) -> None:
    """The row once more, under its old number."""
    model._base_manager.bulk_create([model(**load(model, columns))])


def dangling(model: type[models.Model], columns: Mapping[str, Any]) -> bool:
    """True when a key among `columns` points at a row that is not there any more."""
    keys = [f for f in _fields(model) if f.is_relation and columns.get(f.attname) is not None]
    return any(not f.related_model._base_manager.filter(pk=columns[f.attname]).exists() for f in keys)


def _fields(model: type[models.Model]) -> list[Any]:
    return [f for f in model._meta.concrete_fields if not f.generated]


def _plain(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value
