"""What the frame of every page says, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.models import Notification
from ui.context_processors import ui_globals
from ui.shell.nav import group_digits, make_nav


@pytest.fixture(autouse=True)
def _no_kept_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def draw(user: User | AnonymousUser, path: str = "/") -> str:
    request = RequestFactory().get(path)
    request.user = user
    return render_to_string("ui/base.html", request=request)


def test_shell_asks_at_most_two_queries(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(2):
        draw(anna)


def test_error_page_asks_none(anna: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = RequestFactory().get("/nowhere/")
    request.user = anna
    with django_assert_num_queries(0):
        assert "Такой страницы нет" in render_to_string("404.html", request=request)


def test_500_needs_no_request() -> None:
    assert "Ошибка на сервере" in render_to_string("500.html")


def test_unread_stands_on_the_bell(anna: User, boris: User) -> None:
    Notification.objects.create(user=anna, title="Раз")
    Notification.objects.create(user=anna, title="Два", is_read=True)
    Notification.objects.create(user=boris, title="Чужое")
    assert "<span data-unread>1</span>" in draw(anna)


def test_person_and_role_are_named(anna: User) -> None:
    page = draw(anna)
    assert "Анна Зайцева" in page
    assert "Менеджер" in page


def test_stranger_gets_no_socket_and_no_links() -> None:
    page = draw(AnonymousUser())
    assert "crm-socket" not in page
    assert "nav-item" not in page


def test_current_section_is_marked() -> None:
    items = {i.label: i for g in make_nav(path="/companies/7/", is_admin=False, debug=False) for i in g.items}
    assert items["Компании"].is_current
    assert not items["Сегодня"].is_current


def test_administration_is_for_administrators() -> None:
    def labels(*, is_admin: bool) -> set[str]:
        return {item.label for group in make_nav(path="/", is_admin=is_admin, debug=False) for item in group.items}

    assert "Администрирование" in labels(is_admin=True)
    assert "Администрирование" not in labels(is_admin=False)


def test_figures_are_grouped() -> None:
    assert group_digits(4812) == "4\N{NO-BREAK SPACE}812"
    assert group_digits(0) == ""


def test_name_of_a_person_is_escaped(anna: User) -> None:
    anna.first_name = "<script>x"
    assert "<script>x" not in draw(anna)
    request = RequestFactory().get("/")
    request.user = anna
    assert ui_globals(request)["ui"].user_label.startswith("<script>x")
