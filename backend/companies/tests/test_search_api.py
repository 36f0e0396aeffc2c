"""The address of the search: its answer, its limits, who may ask."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.throttles import SearchThrottle
from companies.models import Company, PhoneNumber
from companies.services import add_phone, create_company
from phonebridge.tests.fixtures import phone_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest(anna: User) -> Company:
    company = create_company(actor=anna, name="ООО «Ёлки»", inn="6671000003", city="Екатеринбург", responsible=anna)
    add_phone(holder=company, raw="8 (343) 012-45-67")
    return company


@pytest.fixture
def page(anna: User) -> Client:
    cache.clear()
    client = Client()
    client.force_login(anna)
    return client


@pytest.mark.parametrize("address", ["/api/v1/search/", "/api/search/"])
def test_the_answer_names_the_card_its_field_and_its_number(page: Client, forest: Company, address: str) -> None:
    answer = page.get(address, {"q": "`krb"})
    phone = PhoneNumber.objects.get(company=forest)
    assert answer.json() == {
        "query": "`krb",
        "shown_for": "ёлки",
        "hint": "",
        "results": [
            {
                "kind": "company",
                "id": forest.pk,
                "company_id": forest.pk,
                "title": "ООО «Ёлки»",
                "subtitle": "Екатеринбург · ИНН 6671000003",
                "matched": "название",
                "phone": {"id": phone.pk, "shown": "+7 (343) 012-45-67", "dialable": True},
                "url": f"/companies/{forest.pk}/",
            }
        ],
    }
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_nothing_asked_is_an_empty_answer(page: Client, forest: Company) -> None:
    empty = {"query": "", "shown_for": "", "hint": "", "results": []}
    assert page.get("/api/v1/search/").json() == page.get("/api/v1/search/", {"q": "  "}).json() == empty


@pytest.mark.parametrize(
    "q", ["' & | ! : * \\ %", "\x00", "я" * 10_000, "ООО", "а", "9" * 40, "a@", "😀", "\u202e", "!u1", "%ff%fe"]
)
def test_strange_text_gets_an_answer(page: Client, forest: Company, q: str) -> None:
    answer = page.get("/api/v1/search/", {"q": q})
    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize("limit", ["0", "21", "-1", "x", "", "9" * 50, "1.5"])
def test_a_limit_that_is_none_is_refused(page: Client, limit: str) -> None:
    answer = page.get("/api/v1/search/", {"q": "ёлки", "limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_limit_cuts(page: Client, anna: User) -> None:
    for number in range(9):
        create_company(actor=anna, name=f"Сосна {number}", responsible=anna)
    assert len(page.get("/api/v1/search/", {"q": "сосна", "limit": "8"}).json()["results"]) == 8
    assert len(page.get("/api/v1/search/", {"q": "сосна"}).json()["results"]) == 9


def test_a_phone_asks_by_its_token_and_a_stranger_not_at_all(anna: User, forest: Company) -> None:
    cache.clear()
    assert phone_client(anna).get("/api/v1/search/?q=4567").json()["results"][0]["matched"] == "тел. …45-67"
    assert Client().get("/api/v1/search/?q=4567").status_code == 401


def test_too_often_is_refused(page: Client, anna: User, forest: Company) -> None:
    for _ in range(SearchThrottle.limit):
        assert page.get("/api/v1/search/").status_code == 200
    assert page.get("/api/v1/search/").status_code == 429
    cache.clear()
