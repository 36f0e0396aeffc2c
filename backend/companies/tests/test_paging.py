"""Pages whose count comes with their rows are the same as those that are counted first."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from common.timeouts import OutOfTime
from companies.models import Company
from companies.selectors import paging
from companies.services import create_company

pytestmark = pytest.mark.django_db
COUNT, SIZE = 23, 5


@pytest.fixture
def rows(anna: User) -> Any:
    dice = random.Random(1)  # noqa: S311
    for n in range(COUNT):
        create_company(actor=anna, name=f"Лес {n}", responsible=anna, city=dice.choice(["", "Пермь", "Тюмень"]))
    return Company.objects.visible_to(anna).filter(name__startswith="Лес")


def shown(rows: Any, page: str, *, is_sought: bool) -> tuple[Any, ...]:
    ordered = rows.order_by("city", "-pk")
    found = paging.read_page(rows, ordered, Company.objects.all(), page=page, size=SIZE, is_sought=is_sought)
    at = found.page
    names = [company.name for company in at.object_list]
    return names, at.number, found.total, at.paginator.num_pages, at.has_next(), at.start_index(), at.end_index()


@pytest.mark.parametrize("page", ["1", "2", "5", "6", "0", "-1", "", "x", "٣", "9" * 30, "999999999", "2001"])
@pytest.mark.parametrize("last_row", [10_000, 25, 23, 12])
def test_both_ways_show_the_same(rows: Any, settings: LazySettings, page: str, last_row: int) -> None:
    settings.LISTS = {"last_row": last_row, "count_ms": 1_000}
    assert shown(rows, page, is_sought=True) == shown(rows, page, is_sought=False)


def test_one_query_less(rows: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2 + 4):  # a savepoint and a limit around the first
        assert shown(rows, "2", is_sought=True)[2] == COUNT


def test_nothing_found(rows: Any) -> None:
    none = rows.filter(name="нет такой")
    assert shown(none, "1", is_sought=True) == shown(none, "1", is_sought=False)


def test_who_takes_too_long_is_shown_without_a_count(rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*_: Any, **__: Any) -> Any:
        raise OutOfTime

    monkeypatch.setattr(paging, "short_statements", too_long)
    names, _, total, *_ = shown(rows, "1", is_sought=True)
    assert (len(names), total) == (SIZE, None)
