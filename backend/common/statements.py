"""Statements of the hot paths: written with the ORM, compiled once, run with new values.

Building and compiling a queryset costs several times what the database needs for a claim. Here that price is paid
with the first use; afterwards only values travel. What a statement means stays readable as a queryset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, models
from django.db.models import DateTimeField, DurationField, Expression, ExpressionWrapper, F, Field, QuerySet, sql
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now


class Param(Expression):
    """A value that is given when the statement runs: `filter(pk=Param("id", field))`."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Param]]:  # type: ignore[override]
        return "%s", (self,)

    def ready(self, values: dict[str, Any]) -> Any:
        """The value as the driver takes it."""
        return self.output_field.get_db_prep_value(values[self.name], connection)


def ago_param(name: str) -> Any:
    """«now − the duration of this name», by the database's clock."""
    return ExpressionWrapper(Now() - Param(name, DurationField()), output_field=DateTimeField())


def in_param(name: str) -> Any:
    """«now + the duration of this name», by the database's clock."""
    return ExpressionWrapper(Now() + Param(name, DurationField()), output_field=DateTimeField())


class _Compiled:
    """SQL of one database vendor, where values go, and how rows come back."""

    def __init__(self, text: str, params: Iterable[Any], columns: list[Any], compiler: Any) -> None:
        self.text = text
        self.params = tuple(params)
        self.compiler = compiler
        self.converters = compiler.get_converters(columns)

    def run(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        ready = [part.ready(values) if isinstance(part, Param) else part for part in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.text, ready)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if rows and self.converters:
            rows = [tuple(row) for row in self.compiler.apply_converters(rows, self.converters)]
        return rows


class _Statement:
    def __init__(self) -> None:
        self._compiled: dict[str, _Compiled] = {}

    def compiled(self) -> _Compiled:
        found = self._compiled.get(connection.vendor)
        if found is None:
            found = self._compiled[connection.vendor] = self.compile()
        return found

    def compile(self) -> _Compiled:
        raise NotImplementedError


class Select(_Statement):
    """The rows of a `values_list` queryset. What may change between two runs must be a Param."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        super().__init__()
        self.build = build

    def compile(self) -> _Compiled:
        compiler = self.build().query.get_compiler(connection=connection)
        text, params = compiler.as_sql()
        return _Compiled(text, params, [column for column, _sql, _alias in compiler.select], compiler)

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        return self.compiled().run(values)


class Rows[M: models.Model](_Statement):
    """Instances with the named fields (all, when none is named); other fields are read when they are asked for."""

    def __init__(self, build: Callable[[], QuerySet[M, M]], *names: str) -> None:
        super().__init__()
        self.build, self.names = build, names

    def compile(self) -> _Compiled:
        rows = self.build()
        self.model = rows.model
        self.names = in_order(rows.model, *self.names)
        compiler = rows.values_list(*self.names).query.get_compiler(connection=connection)
        text, params = compiler.as_sql()
        return _Compiled(text, params, [column for column, _sql, _alias in compiler.select], compiler)

    def __call__(self, **values: Any) -> list[M]:
        compiled = self.compiled()
        return [self.model.from_db("default", self.names, row) for row in compiled.run(values)]


class Lock[M: models.Model](Rows[M]):
    """Whole rows of a queryset, locked until the transaction ends (SQLite locks the file anyway)."""

    def __init__(self, build: Callable[[], QuerySet[M, M]]) -> None:
        super().__init__(lambda: build().select_for_update())


class Update[M: models.Model](_Statement):
    """A conditional UPDATE that returns the changed rows whole."""

    def __init__(self, model: type[M], build: Callable[[], tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        super().__init__()
        self.model, self.build = model, build

    def compile(self) -> _Compiled:
        rows, changes = self.build()
        query: Any = rows.query.chain(sql.UpdateQuery)
        query.add_update_values(changes)
        query.annotations = {}
        compiler: Any = query.get_compiler(connection=connection)
        compiler.returning_fields = whole(self.model)
        text, params = compiler.as_sql()
        return _Compiled(text, params, [f.get_col(self.model._meta.db_table) for f in whole(self.model)], compiler)

    def __call__(self, **values: Any) -> list[M]:
        return [instance_of(self.model, row) for row in self.compiled().run(values)]


class Insert[M: models.Model](_Statement):
    """INSERT … ON CONFLICT DO NOTHING RETURNING the row whole, of an instance; database defaults are left to it.

    `expressions` are columns that the database computes.
    """

    def __init__(self, model: type[M], expressions: Callable[[], dict[str, Any]] = dict) -> None:
        super().__init__()
        self.model, self.expressions = model, expressions

    def compile(self) -> _Compiled:
        computed = self.expressions()
        fields = [f for f in whole(self.model) if not f.generated and not _is_given_by_database(f, computed)]
        compiler: Any = sql.InsertQuery(self.model).get_compiler(connection=connection)
        columns, places, params = [], [], []
        for field in fields:
            if field.name in computed:
                text, parts = compiler.compile(computed[field.name].resolve_expression(compiler.query, for_save=True))
            else:
                text, parts = "%s", (Param(field.attname, _plain(field)),)
            columns.append(connection.ops.quote_name(field.column))
            places.append(text)
            params += parts
        returned = ", ".join(connection.ops.quote_name(f.column) for f in whole(self.model))
        table = connection.ops.quote_name(self.model._meta.db_table)
        text = (  # names of the model's own columns, no value from outside
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(places)})"  # noqa: S608
            f" ON CONFLICT DO NOTHING RETURNING {returned}"
        )
        return _Compiled(text, params, [f.get_col(self.model._meta.db_table) for f in whole(self.model)], compiler)

    def __call__(self, draft: M, **values: Any) -> M | None:
        """The stored row, or None when a unique constraint stood in the way."""
        rows = self.compiled().run({**draft.__dict__, **values})
        return instance_of(self.model, rows[0]) if rows else None


def whole(model: type[models.Model]) -> list[Any]:
    return list(model._meta.concrete_fields)


def in_order(model: type[models.Model], *names: str) -> tuple[str, ...]:
    """These fields (all, when none is named) as `from_db` wants them: in the order of the model."""
    return tuple(field.attname for field in whole(model) if not names or field.attname in names)


def instance_of[M: models.Model](model: type[M], row: tuple[Any, ...]) -> M:
    return model.from_db("default", [f.attname for f in whole(model)], row)


def _is_given_by_database(field: Any, computed: dict[str, Any]) -> bool:
    is_serial = field.primary_key and field.get_internal_type().endswith("AutoField")
    return field.name not in computed and (is_serial or isinstance(field.get_default(), DatabaseDefault))


def _plain(field: Any) -> Any:
    """The field that prepares the stored value: of a foreign key, the key that it holds."""
    return field.target_field if isinstance(field, models.ForeignKey) else field


def move[M: models.Model](rows: QuerySet[M, M], **changes: Any) -> M | None:
    """One conditional UPDATE of `rows` (at most one) with `rev` += 1; the row as it is now, or None."""
    query: Any = rows.query.chain(sql.UpdateQuery)
    query.add_update_values({"rev": F("rev") + 1, **changes})
    query.annotations = {}
    compiler: Any = query.get_compiler(connection=connection)
    found = compiler.execute_returning_sql(whole(rows.model))
    return instance_of(rows.model, tuple(found[0])) if found else None
