"""Pages of cards: by cursor (sort key, id), or by number up to row 10 000."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from common.api import Pages
from common.errors import DomainError
from common.text import has_nul

SIZE, MOST, DEEPEST = 50, 200, 10_000
MAX_ID = 2**63 - 1
OWN = frozenset({"page", "page_size", "size", "cursor", "sort", "ordering", "search", "format"})


class BadCursor(DomainError):
    code = "bad_cursor"


class BadPage(DomainError):
    code = "invalid"


class UnknownOrder(DomainError):
    code = "unknown_filter"


@dataclass(frozen=True, slots=True)
class Portion[M: Model]:
    """Rows of one page; `count` is None where nobody counted, links are None at the ends."""

    rows: list[M]
    count: int | None
    next: str | None
    previous: str | None


def filters_of(request: Request) -> QueryDict:
    """What is left for the grammar; `search` is another name of `q`."""
    params = request.query_params.copy()
    if "search" in params and "q" not in params:
        params.setlist("q", params.getlist("search"))
    for name in OWN:
        params.pop(name, None)
    return params


def portion[M: Model](
    request: Request, rows: QuerySet[M], columns: Mapping[str, str], *, is_numbered: bool
) -> Portion[M]:
    """One page of `rows`. `columns` are the sort keys that never hold NULL; `is_numbered` counts without `page` too.

    Raises BadPage, BadCursor, UnknownOrder.
    """
    params = request.query_params
    size = _size(params.get("page_size") or params.get("size") or "")
    key, column, is_down = _order(params, columns)
    sign = "-" if is_down else ""
    ordered = rows.order_by(*dict.fromkeys((f"{sign}{column}", f"{sign}pk")))
    if "cursor" not in params and (is_numbered or "page" in params):
        return _numbered(request, ordered, size)
    name = f"{sign}{key}"
    if params.get("cursor"):
        ordered = ordered.filter(_after(params["cursor"], name, column, is_down=is_down))
    found = list(ordered[: size + 1])
    following = None
    if len(found) > size:
        mark = _written(name, _value(found[size - 1], column), found[size - 1].pk)
        following = replace_query_param(request.build_absolute_uri(), "cursor", mark)
    return Portion(found[:size], None, following, None)


def _size(text: str) -> int:
    if not text:
        return SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise BadPage(f"Размер страницы — от 1 до {MOST}.", field="page_size")
    return int(text)


def _order(params: QueryDict, columns: Mapping[str, str]) -> tuple[str, str, bool]:
    """The sort key, its column, and whether it goes down; `created_at` is a name of `created` too."""
    said = params.get("sort") or params.get("ordering") or "id"
    is_down, key = said.startswith("-"), said.removeprefix("-").removesuffix("_at")
    if key not in columns:
        raise UnknownOrder(f"Неизвестная сортировка: {said[:60]}", fields=["sort"])
    return key, columns[key], is_down


def _numbered[M: Model](request: Request, rows: QuerySet[M], size: int) -> Portion[M]:
    pages = Pages()
    pages.page_size, pages.page_size_query_param = size, ""
    number = request.query_params.get("page", "1")
    if number.isascii() and number.isdigit() and len(number) < 9 and int(number) * size > DEEPEST:
        raise NotFound("Дальше десятитысячной строки листайте курсором: возьмите cursor вместо page.")
    found = pages.paginate_queryset(rows, request) or []
    answer: Any = pages.get_paginated_response([]).data
    return Portion(list(found), answer["count"], answer["next"], answer["previous"])


def _value(row: Model, column: str) -> Any:
    value = row.pk if column == "pk" else getattr(row, column)
    return value.isoformat() if isinstance(value, datetime) else value


def _written(name: str, value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, value, pk]).encode()).decode().rstrip("=")


def _after(cursor: str, name: str, column: str, *, is_down: bool) -> Q:
    """Rows behind the one that the cursor names. Raises BadCursor for what we have not written."""
    value, pk = _read(cursor, name, column)
    side = "lt" if is_down else "gt"
    if column == "pk":
        return Q(**{f"pk__{side}": pk})
    return Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": pk})


def _read(cursor: str, name: str, column: str) -> tuple[Any, int]:
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        written, value, pk = said
        if column.endswith("_at"):
            value = datetime.fromisoformat(value)
            is_good = value.tzinfo is not None
        else:
            is_good = column == "pk" or not has_nul(value.encode().decode())
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise BadCursor("Курсор не разобран: возьмите его из next.", field="cursor") from error
    if not is_good or written != name or not isinstance(pk, int) or not 0 <= pk <= MAX_ID:
        raise BadCursor("Курсор от другого запроса: возьмите его из next.", field="cursor")
    return value, pk
