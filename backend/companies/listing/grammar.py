"""What the address of a list says, read and written again. Pure text: no rows, no clock, no person.

`field[.op]=value[,value]`: AND between fields, OR between values; ops `not gte lte empty has`; besides them
`q sort cols size view`. A comma or a backslash inside a value has a backslash before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from companies.listing.values import MAX_ID, BadValue, Kind, join, read, split
from companies.search.parse import tidy

NOT, GTE, LTE, EMPTY, HAS = "not", "gte", "lte", "empty", "has"
SIZES = (25, 50, 100, 200)
MOST_VALUES = 200
NO_VIEW = "all"  # no view, not even the person's default one
PAGING = frozenset({"page"})
OPS: Mapping[Kind, frozenset[str]] = {
    Kind.ID: frozenset({"", NOT, EMPTY, HAS}),
    Kind.CHOICE: frozenset({"", NOT}),
    Kind.TEXT: frozenset({"", NOT, EMPTY, HAS}),
    Kind.DAY: frozenset({"", GTE, LTE, EMPTY, HAS}),
    Kind.NUMBER: frozenset({"", GTE, LTE, EMPTY, HAS}),
    Kind.FLAG: frozenset({EMPTY, HAS}),
    Kind.JOB: frozenset({""}),
}


@dataclass(frozen=True, slots=True)
class Field:
    """What a filter may ask about. `words` are values beside those of the kind: `me`, `none`, choices."""

    name: str
    label: str
    kind: Kind
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grammar:
    """What one list understands: fields by name, keys of its orders, its columns, and those shown unasked."""

    subject: str
    fields: Mapping[str, Field]
    sorts: frozenset[str]
    default_sort: str
    cols: tuple[str, ...]
    default_cols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Values are OR-ed; they stand in one form and order, so that equal conditions are equal."""

    field: str
    op: str
    values: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.field}.{self.op}" if self.op else self.field


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of the address that nobody understands; `text` says so to people."""

    key: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """An address that was read. `removed` are fields of the saved view that the address takes away.

    With `problems` it means no rows at all: leaving a part out would widen the set.
    """

    grammar: Grammar
    conditions: tuple[Condition, ...] = ()
    q: str = ""
    sort: str = ""
    cols: tuple[str, ...] = ()
    size: int | None = None
    view: int | None = None
    removed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def is_filtered(self) -> bool:
        return bool(self.conditions or self.q or self.problems)

    @property
    def order(self) -> str:
        return self.sort or self.grammar.default_sort

    @property
    def columns(self) -> tuple[str, ...]:
        return self.cols or self.grammar.default_cols

    def of(self, name: str) -> tuple[Condition, ...]:
        """The conditions on a field."""
        return tuple(one for one in self.conditions if one.field == name)

    def meaning(self) -> str:
        """What decides which rows are meant, in canonical form: conditions and `q` alone."""
        return _written(self._meant())

    def canonical(self) -> str:
        """The one way to write this address: sorted, defaults dropped. What is not understood stays as it came."""
        pairs = self._meant()
        pairs += [(name, "") for name in self.removed]
        pairs += [(one.key, one.value) for one in self.problems]
        own = (
            ("cols", ",".join(self.cols)),
            ("size", str(self.size or "")),
            ("sort", self.sort),
            ("view", str(self.view or "")),
        )
        return _written([*pairs, *((name, value) for name, value in own if value)])

    def _meant(self) -> list[tuple[str, str]]:
        pairs = [(one.key, join(one.values)) for one in self.conditions]
        return [*pairs, ("q", self.q)] if self.q else pairs

    def without(self, name: str) -> Filter:
        """The same without the field (or without `q`); over a saved view the view's own conditions go as well."""
        kept = tuple(one for one in self.conditions if one.field != name)
        removed = tuple(sorted({*self.removed, name})) if self.view else ()
        return replace(self, conditions=kept, q="" if name == "q" else self.q, removed=removed)

    def having(self, key: str, *values: str) -> Filter:
        """The same with this condition instead of those of its field."""
        name = key.partition(".")[0]
        fresh = parse(_written([(key, join(values))]), self.grammar)
        rest = self.without(name)
        removed = tuple(one for one in rest.removed if one != name)
        conditions = _sorted([*rest.conditions, *fresh.conditions])
        return replace(rest, conditions=conditions, removed=removed, problems=rest.problems + fresh.problems)


def parse(query: str | QueryDict, grammar: Grammar, *, ignore: Collection[str] = ()) -> Filter:
    """What the address means. Never fails: what cannot be understood stands in `problems`.

    `page` and the keys of `ignore` belong to the caller.
    """
    params = QueryDict(query.removeprefix("?")) if isinstance(query, str) else query
    lists = {key: values for key, values in sorted(params.lists()) if key not in PAGING and key not in ignore}
    found = Filter(grammar)
    for key, take in _OWN.items():
        values = lists.pop(key, [])
        found = take(found, ",".join(values) if key == "cols" else values[-1]) if values else found
    conditions: list[Condition] = []
    for key, values in lists.items():
        try:
            conditions += _condition(grammar, key, values)
        except BadValue as wrong:
            found = _wrong(found, key, ",".join(values), str(wrong))
    emptied = {key.partition(".")[0] for key, values in lists.items() if not any(values)} & {*grammar.fields}
    if "q" in params and not found.q:
        emptied.add("q")
    removed = emptied - {one.field for one in conditions} if found.view else ()
    return replace(found, conditions=_sorted(conditions), removed=tuple(sorted(removed)))


def over(base: Filter, own: Filter) -> Filter:
    """`own` on top of a saved view's `base`: a field that `own` speaks about is no longer the view's."""
    spoken = {one.field for one in own.conditions} | set(own.removed)
    kept = [one for one in base.conditions if one.field not in spoken]
    return replace(
        own,
        conditions=_sorted([*kept, *own.conditions]),
        q=own.q or ("" if "q" in spoken else base.q),
        sort=own.sort or base.sort,
        cols=own.cols or base.cols,
        size=own.size or base.size,
        problems=base.problems + own.problems,
    )


def beyond(base: Filter, own: Filter) -> Filter:
    """What `own` says that the view's `base` does not say already: the address of an override, or of none."""
    names = {one.field for one in own.conditions}
    changed = {name for name in names if own.of(name) != base.of(name)}
    held = {one.field for one in base.conditions} | ({"q"} if base.q else set())
    return replace(
        own,
        conditions=tuple(one for one in own.conditions if one.field in changed),
        q="" if own.q == base.q else own.q,
        sort="" if own.sort == base.order else own.sort,
        cols=() if own.cols == base.columns else own.cols,
        size=None if own.size == base.size else own.size,
        removed=tuple(name for name in own.removed if name in held),
    )


def _condition(grammar: Grammar, key: str, typed: list[str]) -> list[Condition]:
    """The condition of one key; none for empty values. Raises BadValue."""
    name, dot, op = key.partition(".")
    field = grammar.fields.get(name)
    if field is None or op not in OPS[field.kind] or (dot and not op):
        raise BadValue(f"Неизвестный фильтр: {key[:60]}")
    values = {value for text in typed for value in split(text)}
    if len(values) > MOST_VALUES:
        raise BadValue(f"{field.label}: больше {MOST_VALUES} значений")
    if not values:
        return []
    if op in {EMPTY, HAS}:
        return [_presence(field, op, values)]
    known = {_value(field, text) for text in values}
    if op in {GTE, LTE} and len(known - {"none"}) != 1:
        raise BadValue(f"{field.label}: нужно одно значение")
    return [Condition(name, op, tuple(sorted(known, key=_natural)))]


def _value(field: Field, text: str) -> str:
    if text in field.words:
        return text
    try:
        return read(field.kind, text)
    except BadValue:
        raise BadValue(f"{field.label}: неизвестное значение «{text[:40]}»") from None


def _presence(field: Field, op: str, values: set[str]) -> Condition:
    """`has=0` is `empty=1`: one form."""
    if values not in ({"0"}, {"1"}):
        raise BadValue(f"{field.label}: значение — 1 или 0")
    other = HAS if op == EMPTY else EMPTY
    return Condition(field.name, op if values == {"1"} else other, ("1",))


def _natural(value: str) -> tuple[int, int, str]:
    """Ids by number, then words."""
    return (0, int(value), "") if value.isascii() and value.isdigit() else (1, 0, value)


def _sorted(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Each once, by key."""
    return tuple(sorted(dict.fromkeys(conditions), key=lambda one: (one.key, one.values)))


def _wrong(found: Filter, key: str, value: str, text: str) -> Filter:
    return replace(found, problems=(*found.problems, Problem(key, value, text.replace("\x00", ""))))


def _q(found: Filter, text: str) -> Filter:
    return replace(found, q=tidy(text))


def _sort(found: Filter, text: str) -> Filter:
    """The default order is not written, except over a saved view, which may have another."""
    if not text or (text == found.grammar.default_sort and found.view is None):
        return found
    if text.removeprefix("-") not in found.grammar.sorts or text.startswith("--"):
        return _wrong(found, "sort", text, f"Неизвестная сортировка: {text[:60]}")
    return replace(found, sort=text)


def _cols(found: Filter, text: str) -> Filter:
    """A column that is gone is left out: it decides nothing about rows."""
    known = tuple(dict.fromkeys(name for name in text.split(",") if name in found.grammar.cols))
    return replace(found, cols=() if known == found.grammar.default_cols and found.view is None else known)


def _size(found: Filter, text: str) -> Filter:
    return replace(found, size=next((size for size in SIZES if text == str(size)), None))


def _view(found: Filter, text: str) -> Filter:
    if text in {"", NO_VIEW}:
        return found
    if text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID:
        return replace(found, view=int(text))
    return _wrong(found, "view", text, "Неизвестное представление")


_OWN = {"view": _view, "q": _q, "sort": _sort, "cols": _cols, "size": _size}  # the view first: others look at it


def _written(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode(sorted(pairs), safe=",")
