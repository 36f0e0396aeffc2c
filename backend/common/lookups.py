"""A lookup for long lists: `pk__any_of=numbers` is `pk__in=numbers` with one parameter, an array."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.lookups import In


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup[Any]):
    """`column = ANY(array)` on PostgreSQL: hundreds of placeholders take longer to write and read than to answer."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> list[Any]:
        of: Any = self.lhs.output_field
        found = (of.get_prep_value(value) for value in self.rhs)
        return [value for value in dict.fromkeys(found) if value is not None]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return In(self.lhs, self.rhs).as_sql(compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not self.rhs:
            raise EmptyResultSet
        lhs, params = self.process_lhs(compiler, connection)
        if all(type(value) is int for value in self.rhs):
            # its literal is made at once, where an adapter would look at each number
            return f"{lhs} = ANY(%s::bigint[])", [*params, f"{{{','.join(map(str, self.rhs))}}}"]
        if all(type(value) is str for value in self.rhs):
            return f"{lhs} = ANY(%s::text[])", [*params, f"{{{','.join(map(_quoted, self.rhs))}}}"]
        return f"{lhs} = ANY(%s)", [*params, self.rhs]


def _quoted(text: str) -> str:
    """An element of an array in its literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
