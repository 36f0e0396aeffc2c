"""The list of companies at its door."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.services import create_company
from ui.tests.doors import client_of, limit, make_card

pytestmark = pytest.mark.django_db


def test_stranger_is_sent_to_log_in() -> None:
    answer = Client().get("/companies/?q=4567")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/companies/%3Fq%3D4567"


def test_last_four_digits_find_the_card_with_a_call_button(anna: User) -> None:
    company = make_card(anna)
    create_company(actor=anna, name="Другая", responsible=anna)
    page = client_of(anna).get("/companies/", {"q": "1234"})
    assert page.status_code == 200
    assert f"/companies/{company.pk}/" in page.text
    assert "Другая" not in page.text
    assert 'action="/calls/click/"' in page.text
    assert 'value="+7 (343) 000-12-34"' in page.text


def test_scope_cuts_the_list_and_its_counts(anna: User, boris: User, dan: User, ada: User) -> None:
    make_card(anna)
    limit(DataScope.BRANCH, dan)
    limit(DataScope.SELF, boris)
    for user, count in ((anna, 1), (boris, 0), (dan, 0), (ada, 1)):
        page = client_of(user).get("/companies/", {"q": "сибирь"})
        assert ("Сибирь-Профиль" in page.text) == bool(count), user.username
        assert page.context["page"].paginator.count == count


def test_filters_stand_in_the_url_and_in_the_form(anna: User, dan: User) -> None:
    make_card(anna)
    page = client_of(anna).get("/companies/", {"responsible": str(dan.pk), "mine": "1", "sort": "-name"})
    assert f'<option value="{dan.pk}" selected>' in page.text
    assert '<input type="hidden" name="mine" value="1">' in page.text
    assert "Сбросить фильтры" in page.text


@pytest.mark.parametrize("sort", ["name", "-name", "call", "-call", "nonsense", ""])
def test_every_order_answers(anna: User, sort: str) -> None:
    make_card(anna)
    assert client_of(anna).get("/companies/", {"sort": sort}).status_code == 200


def test_size_of_a_page_is_remembered(anna: User) -> None:
    for number in range(30):
        create_company(actor=anna, name=f"Компания {number:02}", responsible=anna)
    client = client_of(anna)
    assert len(client.get("/companies/").context["rows"]) == 30
    assert len(client.get("/companies/", {"size": "25"}).context["rows"]) == 25
    assert len(client.get("/companies/").context["rows"]) == 25
    assert len(client.get("/companies/", {"page": "2"}).context["rows"]) == 5
    assert len(client.get("/companies/", {"size": "7"}).context["rows"]) == 25


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "слово", "9" * 5000, "\x00"])
def test_a_page_that_cannot_be_is_the_nearest_one(anna: User, page: str) -> None:
    make_card(anna)
    answer = client_of(anna).get("/companies/", {"page": page})
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == 1


@pytest.mark.parametrize("q", ["' & | ! : * \\ %", "\x00", "я" * 10_000, "<script>alert(1)</script>", "+7", "a@"])
def test_strange_search_answers(anna: User, q: str) -> None:
    answer = client_of(anna).get("/companies/", {"q": q, "status": q, "branch": q, "responsible": q})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_branch_scope_without_a_branch_is_explained(anna: User) -> None:
    limit(DataScope.BRANCH, anna)
    anna.branch = None
    anna.save()
    assert "Вам не назначен филиал" in client_of(anna).get("/companies/").text


def test_number_of_queries_is_fixed(anna: User, django_assert_max_num_queries: object) -> None:
    for number in range(20):
        make_card_named = create_company(actor=anna, name=f"Компания {number}", responsible=anna)
        assert make_card_named.pk
    client = client_of(anna)
    client.get("/companies/")
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        client.get("/companies/")
