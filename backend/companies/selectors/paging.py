"""Pages by number over a long list: a count that may not take long, and a last row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Model, QuerySet, Window

from common.timeouts import OutOfTime, short_statements


class _Pages(Paginator[Any]):
    """Pages up to the last row that may be reached."""

    known: int

    def __init__(self, rows: QuerySet[Any, Any], size: int, known: int) -> None:
        super().__init__(rows, size)
        self.known = known

    @cached_property
    def count(self) -> int:
        return min(self.known, int(settings.LISTS["last_row"]))


@dataclass(frozen=True, slots=True)
class Pages[Row: Model]:
    """`total` is exact, or None when counting took too long: more than the last row that may be reached."""

    page: Page[Row]
    total: int | None


def read_page[Row: Model](
    rows: QuerySet[Row, Any],
    ordered: QuerySet[Row, Any],
    full: QuerySet[Row, Any],
    *,
    page: str,
    size: int,
    is_sought: bool = False,
) -> Pages[Row]:
    """A page of `rows`, which `ordered` has in order; `full` reads whole what stands on it.

    So what is joined to a row is not read for those that come before it. A page that does not exist gives the nearest.
    `is_sought`: finding the rows is the work, not counting or ordering them, so it is done once for both.
    """
    found = _at_once(ordered, page, size) if is_sought else None
    if found is None:
        found = _page_of(ordered, page, size, count_of(rows))
    ids: list[Any] = list(found.page.object_list)
    by_id = full.in_bulk(ids)
    found.page.object_list = [by_id[pk] for pk in ids if pk in by_id]
    return found


def _page_of(ordered: QuerySet[Any, Any], page: str, size: int, total: int | None) -> Pages[Any]:
    """The ids of the page by a statement of its own: where an index gives the order, it costs nothing."""
    known = int(settings.LISTS["last_row"]) if total is None else total
    return Pages(_Pages(ordered.values_list("pk", flat=True), size, known).get_page(page), total)


def _at_once(ordered: QuerySet[Any, Any], page: str, size: int) -> Pages[Any] | None:
    """Count and ids by one statement; None where there is no such page, or where the order took too long."""
    at = int(page) if page.isdecimal() and len(page) < 10 else 0
    if not 0 < at * size <= int(settings.LISTS["last_row"]):
        return None
    counted = ordered.annotate(among=Window(Count("*"))).values_list("pk", "among")
    try:
        with short_statements(settings.LISTS["count_ms"]):
            read = list(counted[(at - 1) * size : at * size])
    except OutOfTime:
        return None
    if not read and at > 1:
        return None
    total = read[0][1] if read else 0
    return Pages(Page([pk for pk, _ in read], at, _Pages(ordered, size, total)), total)


def count_of(rows: QuerySet[Any, Any]) -> int | None:
    """How many there are; None when the statement's time was over."""
    try:
        with short_statements(settings.LISTS["count_ms"]):
            return rows.order_by().count()
    except OutOfTime:
        return None
