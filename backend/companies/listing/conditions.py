"""Conditions of the grammar as SQL that both lists share; what a field means stands in companies.py, contacts.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from accounts.models import User
from common.clock import day_bounds
from companies.listing.fields import NONE
from companies.listing.grammar import EMPTY, GTE, HAS, LTE, NOT, Condition
from companies.listing.values import day_of

NOTHING = Q(pk__in=[])
EVERYTHING = Q()


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose `me` and whose `today` are meant."""

    user: User
    today: date

    @property
    def zone(self) -> str:
        return self.user.day_zone


type Reader = Callable[[Condition, Asker], Q]
type Words = Mapping[str, Callable[[Asker], Q]]


def any_of(parts: list[Q]) -> Q:
    return reduce(or_, parts) if parts else NOTHING


def all_of(parts: list[Q]) -> Q:
    return reduce(and_, parts, EVERYTHING)


def present(is_there: Callable[[Asker], Q]) -> Reader:
    """`has` and `empty` of something."""

    def read(one: Condition, asker: Asker) -> Q:
        return is_there(asker) if one.op == HAS else ~is_there(asker)

    return read


def among(equal: Callable[[list[str]], Q], words: Words) -> Reader:
    """Values that are equal to one of several, and words that mean something of their own.

    `words` must know `none` where the field may be empty.
    """

    def read(one: Condition, asker: Asker) -> Q:
        if one.op in {EMPTY, HAS}:
            empty = words[NONE](asker) if NONE in words else NOTHING
            return empty if one.op == EMPTY else ~empty
        plain = [value for value in one.values if value not in words]
        parts = [words[value](asker) for value in one.values if value in words]
        found = any_of([*parts, equal(plain)] if plain else parts)
        return ~found if one.op == NOT else found

    return read


def ids(column: str, words: Words) -> Reader:
    def equal(values: list[str]) -> Q:
        return Q(**{f"{column}__in": [int(value) for value in values]})

    return among(equal, {NONE: lambda _: Q(**{f"{column}__isnull": True}), **words})


def texts(*columns: str, empty: str | None = "") -> Reader:
    """Equal text in one of the columns; empty where none has any."""

    def equal(values: list[str]) -> Q:
        return any_of([Q(**{f"{column}__in": values}) for column in columns])

    def is_empty(_: Asker) -> Q:
        nothing = {
            f"{column}__isnull" if empty is None else column: True if empty is None else "" for column in columns
        }
        return Q(**nothing)

    return among(equal, {NONE: is_empty})


def numbers(column: str) -> Reader:
    def read(one: Condition, asker: Asker) -> Q:
        empty = Q(**{f"{column}__isnull": True})
        if one.op in {EMPTY, HAS}:
            return empty if one.op == EMPTY else ~empty
        lookup = {GTE: "__gte", LTE: "__lte"}.get(one.op, "")
        parts = [Q(**{f"{column}{lookup}": value}) for value in one.values if value != NONE]
        return any_of([*parts, empty] if NONE in one.values else parts)

    return read


def days(between: Callable[[date | None, date | None, Asker], Q], is_empty: Callable[[], Q]) -> Reader:
    """Days from the first to the last, both included; None is no bound."""

    def read(one: Condition, asker: Asker) -> Q:
        if one.op in {EMPTY, HAS}:
            return is_empty() if one.op == EMPTY else ~is_empty()
        bounds = [day_of(value, asker.today) for value in one.values if value != NONE]
        parts = [between(None if one.op == LTE else day, None if one.op == GTE else day, asker) for day in bounds]
        return any_of([*parts, is_empty()] if NONE in one.values else parts)

    return read


def dates(column: str) -> Reader:
    """A column that holds days."""

    def between(first: date | None, last: date | None, _: Asker) -> Q:
        bounds = {f"{column}__gte": first, f"{column}__lte": last}
        return Q(**{lookup: day for lookup, day in bounds.items() if day})

    return days(between, lambda: Q(**{f"{column}__isnull": True}))


def moments(column: str) -> Reader:
    """A column that holds moments, by the days of the asker's zone."""

    def between(first: date | None, last: date | None, asker: Asker) -> Q:
        start, end = bounds_of(first, last, asker)
        return Q(
            **{lookup: moment for lookup, moment in ((f"{column}__gte", start), (f"{column}__lt", end)) if moment}
        )

    return days(between, lambda: Q(**{f"{column}__isnull": True}))


def bounds_of(first: date | None, last: date | None, asker: Asker) -> tuple[datetime | None, datetime | None]:
    """[start, end) of the days in the asker's zone; None where there is no bound."""
    start = day_bounds(first, asker.zone)[0] if first else None
    end = day_bounds(last, asker.zone)[1] if last else None
    return start, end
