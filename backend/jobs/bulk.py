"""Many rows at once: COPY and `unnest` on PostgreSQL, the ORM elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

BATCH = 1000


def insert(model: type[Model], names: Sequence[str], drafts: Sequence[object]) -> None:
    """Store `drafts`; only the columns of the fields `names` are written, the database fills in the others.

    A draft is anything with the attributes of these fields: an instance of the model costs more than its row.
    """
    fields = _columns(model, names)
    if connection.vendor == "postgresql":
        _copy(model, fields, drafts)
        return
    rows = [model(**{f.attname: getattr(draft, f.attname) for f in fields}) for draft in drafts]
    model._default_manager.bulk_create(rows, batch_size=BATCH)


@cache
def maker[M: Model](model: type[M]) -> Callable[..., M]:
    """A cheap way to many new instances of `model`: what is not named has its default, found out once.

    `Model.__init__` asks every field each time, which costs more than storing the row. A name may be a field, with
    the value or the related instance that it takes, and nothing else; `Model.save` is for instances made in full.
    """
    like = model()
    given = {name: value for name, value in like.__dict__.items() if name != "_state"}
    fresh = {f.attname: f for f in model._meta.concrete_fields if f.has_default() and callable(f.default)}

    def make(**values: Any) -> M:
        draft = model.__new__(model)
        draft.__dict__.update(given)
        draft.__dict__["_state"] = ModelState()
        for name, column in fresh.items():
            draft.__dict__[name] = column.get_default()
        for name, value in values.items():
            setattr(draft, name, value)
        return draft

    return make


def create[M: Model](model: type[M], drafts: Sequence[M]) -> None:
    """Store new rows, numbered in their order as `bulk_create` does it.

    A column with a default in the database is left to it unless a draft fills it.
    """
    if not drafts:
        return
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(drafts, batch_size=BATCH)
        return
    for draft, number in zip(drafts, _numbers(model, len(drafts)), strict=True):
        draft.pk = number
        draft._state.adding, draft._state.db = False, connection.alias
    _copy(model, [f for f in model._meta.concrete_fields if not f.generated and not _is_left(f, drafts)], drafts)


def _is_left(column: Any, drafts: Sequence[Model]) -> bool:
    return column.has_db_default() and all(
        isinstance(getattr(draft, column.attname), DatabaseDefault) for draft in drafts
    )


def _numbers(model: type[Model], count: int) -> list[int]:
    """The next primary keys, which nobody else will get."""
    sequence = "(SELECT pg_get_serial_sequence(%s, %s)::regclass)"
    key = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT nextval({sequence}) FROM generate_series(1, %s)",  # noqa: S608 (a constant)
            [connection.ops.quote_name(model._meta.db_table), key.column, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _copy(model: type[Model], fields: Sequence[Any], drafts: Sequence[Any]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(f.column) for f in fields)
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    for stamp in (f for f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)):
        for draft in drafts:
            stamp.pre_save(draft, add=True)
    attributes = [(f.attname, isinstance(f, JSONField)) for f in fields]
    # Django does not translate the errors of a COPY, and who catches them knows only its own
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for draft in drafts:
            copy.write_row([_cell(getattr(draft, name), is_json) for name, is_json in attributes])


def update[M: Model](model: type[M], names: Sequence[str], rows: Sequence[M]) -> None:
    """Write the fields `names` (text and JSON) of stored `rows` by one statement."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        model._default_manager.bulk_update(rows, names, batch_size=BATCH // 10)
        return
    quote = connection.ops.quote_name
    fields = _columns(model, names)
    values: list[list[Any]] = [[row.pk for row in rows]]
    for f in fields:
        is_json = isinstance(f, JSONField)
        values.append([_cell(getattr(row, f.attname), is_json) for row in rows])
    arrays = ", ".join(["%s::bigint[]", *(["%s::text[]"] * len(fields))])
    aliases = ", ".join(["id", *(f"v{i}" for i in range(len(fields)))])
    sets = ", ".join(
        f"{quote(f.column)} = new.v{i}{'::jsonb' if isinstance(f, JSONField) else ''}" for i, f in enumerate(fields)
    )
    table = quote(model._meta.db_table)
    # names of the model's own columns, no value from outside
    statement = f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS new({aliases}) WHERE {table}.id = new.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def upsert(model: type[Model], key: str, names: Sequence[str], rows: Sequence[tuple[int, *tuple[str, ...]]]) -> None:
    """Store (number of `key`, then the text fields `names`), or write them into the row that has that key already."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        keys = [_columns(model, [key])[0].attname, *names]
        drafts = [model(**dict(zip(keys, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(
            drafts, update_conflicts=True, unique_fields=[key], update_fields=names, batch_size=BATCH // 10
        )
        return
    quote = connection.ops.quote_name
    unique, *columns = [quote(f.column) for f in _columns(model, [key, *names])]
    arrays = ", ".join(["%s::bigint[]", *(["%s::text[]"] * len(columns))])
    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    # names of the model's own columns, no value from outside
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join([unique, *columns])}) "  # noqa: S608
        f"SELECT * FROM unnest({arrays}) ON CONFLICT ({unique}) DO UPDATE SET {sets}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(values) for values in zip(*rows, strict=True)])


def _columns(model: type[Model], names: Sequence[str]) -> list[Any]:
    return [model._meta.get_field(name) for name in names]


def _cell(value: Any, is_json: bool) -> Any:
    if not is_json or value is None:
        return value
    return json_text(value)


def json_text(value: Any) -> str:
    """JSON that PostgreSQL takes: NUL and halves of surrogate pairs, which it cannot store, are left out."""
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=True, allow_nan=False)
    if "\\u0000" in text or "\\ud" in text:
        text = json.dumps(storable(value), cls=DjangoJSONEncoder, allow_nan=False)
    return text


def storable(value: Any) -> Any:
    """The same value with texts that a database can hold."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable(v) for v in value]
    return value
