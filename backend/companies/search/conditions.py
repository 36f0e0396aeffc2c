"""Conditions over rows of the search, for both databases: GIN in PostgreSQL, LIKE in SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Concat

from companies.models import SearchRow, SearchWord

Groups = Sequence[Sequence[str]]


class Holds(Func):
    """`tsv @@ query`. The column stands beside `terms` in PostgreSQL only, so the model does not know it."""

    output_field = BooleanField()

    def __init__(self, query: str) -> None:
        super().__init__(F("terms"), Value(query))

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        terms, query = self.get_source_expressions()
        table = connection.ops.quote_name(terms.alias)
        text, params = compiler.compile(query)
        return f"{table}.tsv @@ {text}::tsquery", tuple(params)

    def copy(self) -> Holds:
        found: Holds = super().copy()
        return found


def rows_with(groups: Groups, *, marks: tuple[str, ...], is_prefix: bool = False) -> QuerySet[SearchRow]:
    """Rows that hold a word of every group (words that begin so, with `is_prefix`) and one of the marks, if any."""
    rows = SearchRow.objects.all()
    if not groups and not marks:
        return rows
    if connection.vendor == "postgresql":
        return _by_index(rows, groups, marks, is_prefix=is_prefix)
    every = [_like(group, is_prefix=is_prefix) for group in groups]
    return _padded(rows).filter(reduce(and_, every, _like(marks, is_prefix=False)))


def _by_index(
    rows: QuerySet[SearchRow], groups: Groups, marks: tuple[str, ...], *, is_prefix: bool
) -> QuerySet[SearchRow]:
    common = _common(groups) if is_prefix else set()
    parts = [_any_of(group, ":*" if is_prefix else "") for n, group in enumerate(groups) if n not in common]
    if marks:
        parts.append(_any_of(marks, ""))
    rows = rows.filter(Holds(" & ".join(parts)))
    if common:
        rows = _padded(rows).filter(reduce(and_, (_like(groups[n], is_prefix=True) for n in sorted(common))))
    return rows


def _any_of(words: Iterable[str], ending: str) -> str:
    """Words have letters and digits only (a mark its «!»), so quotes need no escape."""
    return "(" + " | ".join(f"'{word}'{ending}" for word in words) + ")"


def _padded(rows: QuerySet[SearchRow]) -> QuerySet[SearchRow]:
    return rows.annotate(padded=Concat(Value(" "), "terms", Value(" "), output_field=TextField()))


def _like(words: Sequence[str], *, is_prefix: bool) -> Q:
    ending = "" if is_prefix else " "
    return reduce(or_, (Q(padded__contains=f" {word}{ending}") for word in words), Q())


def _common(groups: Groups) -> set[int]:
    """Places of words that begin too many others to be read from the index beside a rarer one.

    The counts are of last night and of all cards; they choose the way, never the answer.
    """
    if len(groups) < 2:
        return set()
    begins = {f"n{n}": reduce(or_, (Q(word__startswith=word) for word in group)) for n, group in enumerate(groups)}
    words = SearchWord.objects.filter(reduce(or_, begins.values()))
    counts = words.aggregate(**{name: Sum("df", filter=begin, default=0) for name, begin in begins.items()})
    by_count = sorted(range(len(groups)), key=lambda n: (counts[f"n{n}"], n))
    return {n for n in by_count[1:] if counts[f"n{n}"] > settings.SEARCH["common_df"]}
