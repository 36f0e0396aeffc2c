"""Many rows at once: COPY and JSON on PostgreSQL, the ORM elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

from jobs import behind

BATCH = 1000


class JsonText(str):
    """A value of a JSON column that is JSON already."""

    __slots__ = ()


def insert(model: type[Model], names: Sequence[str], drafts: Sequence[object]) -> None:
    """Store `drafts`; only the columns of the fields `names` are written, the database fills in the others.

    A draft is anything with the attributes of these fields: an instance of the model costs more than its row.
    """
    fields = _columns(model, names)
    if connection.vendor == "postgresql":
        _copy(model, fields, drafts)
        return
    rows = [model(**{f.attname: _loaded(getattr(draft, f.attname)) for f in fields}) for draft in drafts]
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
    related = {f.name: f.attname for f in model._meta.concrete_fields if f.is_relation}

    def make(**values: Any) -> M:
        draft = model.__new__(model)
        own = draft.__dict__
        own.update(given)
        own["_state"] = state = ModelState()
        state.fields_cache = {}
        for name, column in fresh.items():
            own[name] = column.get_default()
        for name, value in values.items():
            if name in related:
                # what the descriptors of relations do, without their checks of class, router and old value
                own[related[name]] = None if value is None else value.pk
                state.fields_cache[name] = value
            else:
                own[name] = value
        return draft

    return make


def follow(rows: Iterable[Model], *relations: str) -> None:
    """Take the numbers of related instances that were stored after these rows were made."""
    for row in rows:
        for name in relations:
            related = row._state.fields_cache.get(name)
            if related is not None:
                row.__dict__[f"{name}_id"] = related.pk


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, JsonText) else value


def create[M: Model](model: type[M], drafts: Sequence[M]) -> None:
    """Store new rows, numbered in their order as `bulk_create` does it.

    A column with a default in the database is left to it unless a draft fills it.
    """
    if not drafts:
        return
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(drafts, batch_size=BATCH)
        return
    number(model, [draft for draft in drafts if draft.pk is None])
    _copy(model, [f for f in model._meta.concrete_fields if not f.generated and not _is_left(f, drafts)], drafts)


def number[M: Model](model: type[M], drafts: Sequence[M]) -> None:
    """Give new rows their numbers before they are stored; elsewhere than on PostgreSQL `create` does it."""
    Numbers({}).give(model, drafts)


class Numbers:
    """Primary keys for new rows. `expected` says how many of each model may come: all are asked for with the first."""

    def __init__(self, expected: Mapping[type[Model], int]) -> None:
        self.expected = expected
        self.ahead: dict[type[Model], list[int]] = {}

    def give[M: Model](self, model: type[M], drafts: Sequence[M]) -> None:
        """Number `drafts` in their order."""
        if not drafts or connection.vendor != "postgresql":
            return
        if not self.ahead:
            self.ahead = {of: _numbers(of, count) for of, count in self.expected.items() if count}
        ahead = self.ahead.setdefault(model, [])
        if len(ahead) < len(drafts):
            ahead[:0] = _numbers(model, len(drafts) - len(ahead))
        name = model._meta.pk.attname
        for draft in drafts:
            draft.__dict__[name] = ahead.pop()
            draft._state.adding, draft._state.db = False, connection.alias


def compare_on_the_way() -> None:
    """Foreign keys are compared by each statement, not all at the commit, for which everybody would have to wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _is_left(column: Any, drafts: Sequence[Model]) -> bool:
    return column.has_db_default() and all(
        isinstance(getattr(draft, column.attname), DatabaseDefault) for draft in drafts
    )


def _numbers(model: type[Model], count: int) -> list[int]:
    """The next primary keys, which nobody else will get; the first of them is the last of the list."""
    sequence = "(SELECT pg_get_serial_sequence(%s, %s)::regclass)"
    key = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT nextval({sequence}) FROM generate_series(1, %s)",  # noqa: S608 (a constant)
            [connection.ops.quote_name(model._meta.db_table), key.column, count],
        )
        return [number for (number,) in reversed(cursor.fetchall())]


def _copy(model: type[Model], fields: Sequence[Any], drafts: Sequence[Any]) -> None:
    quote = connection.ops.quote_name
    for stamp in (f for f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)):
        for draft in drafts:
            stamp.pre_save(draft, add=True)
    # the JSON columns come last: the others need no look
    plain = [f for f in fields if not isinstance(f, JSONField)]
    in_json = [f for f in fields if isinstance(f, JSONField)]
    columns = ", ".join(quote(f.column) for f in (*plain, *in_json))
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    rows = zip(*_columns_of(drafts, plain), *map(_in_json, _columns_of(drafts, in_json)), strict=True)
    behind.copy(statement, rows)


def update[M: Model](model: type[M], names: Sequence[str], rows: Sequence[M]) -> None:
    """Write the fields `names` (text and JSON) of stored `rows` by one statement."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        model._default_manager.bulk_update(rows, names, batch_size=BATCH // 10)
        return
    quote = connection.ops.quote_name
    fields = _columns(model, names)
    table, sets = quote(model._meta.db_table), ", ".join(f"{quote(f.column)} = new.{quote(f.column)}" for f in fields)
    given = zip(*_columns_of(rows, [model._meta.pk, *fields]), strict=True)
    # names of the model's own columns, no value from outside
    statement = f"UPDATE {table} SET {sets} FROM {_given('id', fields)} AS new WHERE {table}.id = new.id"  # noqa: S608
    behind.execute(statement, [_payload("id", fields, given)])


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
    unique, *fields = _columns(model, [key, *names])
    columns = ", ".join(quote(f.column) for f in (unique, *fields))
    sets = ", ".join(f"{quote(f.column)} = EXCLUDED.{quote(f.column)}" for f in fields)
    # names of the model's own columns, no value from outside
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "  # noqa: S608
        f"SELECT {columns} FROM {_given(unique.column, fields)} AS given "
        f"ON CONFLICT ({quote(unique.column)}) DO UPDATE SET {sets}"
    )
    behind.execute(statement, [_payload(unique.column, fields, rows)])


def _given(key: str, fields: Sequence[Any]) -> str:
    """Rows that a parameter brings, as a table: one text in JSON is made and read faster than arrays of values."""
    quote = connection.ops.quote_name
    kinds = [f"{quote(f.column)} {'jsonb' if isinstance(f, JSONField) else 'text'}" for f in fields]
    columns = ", ".join([f"{quote(key)} bigint", *kinds])
    # names of the model's own columns, no value from outside
    return f"(SELECT * FROM json_to_recordset(%s::json) AS r({columns}))"  # noqa: S608


def _payload(key: str, fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    names = [key, *(f.column for f in fields)]
    return json_text([dict(zip(names, row, strict=True)) for row in rows])


def _columns(model: type[Model], names: Sequence[str]) -> list[Any]:
    return [model._meta.get_field(name) for name in names]


def _columns_of(drafts: Sequence[Any], fields: Sequence[Any]) -> list[Iterable[Any]]:
    if drafts and isinstance(drafts[0], Model):
        # past the descriptors of relations, which ask themselves at each look whether the row is whole
        held = [draft.__dict__ for draft in drafts]
        return [map(itemgetter(f.attname), held) for f in fields]
    return [map(attrgetter(f.attname), drafts) for f in fields]


def _in_json(values: Iterable[Any]) -> list[str | None]:
    return [None if value is None else json_text(value) for value in values]


_ENCODER = DjangoJSONEncoder(ensure_ascii=True, allow_nan=False)


def json_text(value: Any) -> str:
    """JSON that PostgreSQL takes: NUL and halves of surrogate pairs, which it cannot store, are left out."""
    text = value if isinstance(value, JsonText) else _ENCODER.encode(value)
    if "\\u0000" in text or "\\ud" in text:
        text = _ENCODER.encode(storable(_loaded(value)))
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
