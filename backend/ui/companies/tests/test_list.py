"""The list of companies at its door."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Contact
from companies.services import add_contact, add_phone, create_company
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
    assert "data-call-button" in page.text
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
    asked = {"responsible": str(dan.pk), "city.has": "0", "sort": "-name", "status": "", "size": "50"}
    page = client_of(anna).get("/companies/", asked)
    assert f'<option value="{dan.pk}" selected>' in page.text
    assert '<input type="hidden" form="list-form" name="city.empty" value="1">' in page.text
    assert "Сбросить фильтры" in page.text
    assert "Город: нет" in page.text
    assert page["HX-Replace-Url"] == f"/companies/?city.empty=1&responsible={dan.pk}&size=50&sort=-name"


def test_an_unknown_filter_is_a_chip_and_no_rows(anna: User) -> None:
    make_card(anna)
    for query in ("foo=1", "status=x", "responsible.near=1", "sort=folded", "view=77"):
        page = client_of(anna).get(f"/companies/?{query}")
        assert page.status_code == 200
        assert "Неизвестный фильтр" in page.text
        assert page.context["rows"] == []


def test_a_script_asks_for_the_list_alone(anna: User) -> None:
    make_card(anna)
    answer = client_of(anna).get("/companies/?q=сибирь&status=", headers={"X-Fragment": "list"})
    assert "<html" not in answer.text
    assert answer.text.lstrip().startswith('<div class="stack" id="list-body"')
    assert answer["HX-Replace-Url"] == "/companies/?q=%D1%81%D0%B8%D0%B1%D0%B8%D1%80%D1%8C"


def test_columns_are_chosen_and_kept(anna: User) -> None:
    make_card(anna)
    client = client_of(anna)
    page = client.get("/companies/?cols=name&cols=city&cols=spheres&cols=contract&density=compact")
    assert [head.name for head in page.context["heads"]] == ["name", "city", "spheres", "contract"]
    again = client.get("/companies/")
    assert [head.name for head in again.context["heads"]] == ["name", "city", "spheres", "contract"]
    assert "is-compact" in again.text
    usual = client.get("/companies/?cols=name,inn,status,lead_state,responsible,branch,phone,call")
    assert usual["HX-Replace-Url"] == "/companies/"
    assert len(client.get("/companies/").context["heads"]) == 8


def test_another_keyboard_layout_is_offered(anna: User) -> None:
    make_card(anna)
    page = client_of(anna).get("/companies/", {"q": "cb,bhm"})
    assert page.context["rows"] == []
    assert "Возможно, другая раскладка" in page.text
    assert page.context["meant"] == "сибирь"


def test_a_count_that_takes_too_long_is_not_waited_for(anna: User, settings: LazySettings) -> None:
    for number in range(30):
        create_company(actor=anna, name=f"Компания {number:02}", responsible=anna)
    settings.LISTS = {"last_row": 25, "count_ms": 1_000}
    page = client_of(anna).get("/companies/", {"size": "25", "page": "7"})
    assert page.context["page"].number == 1
    assert "Страницы кончаются здесь" in page.text
    assert "из 30" in page.text


def test_contacts_with_and_without_a_company(anna: User, boris: User) -> None:
    make_card(anna)
    client = client_of(anna)
    said = {"last_name": "Вольный", "first_name": "Пётр", "phone": "8 343 000-00-01; 8 343 000-00-02"}
    refused = client.post("/contacts/new/", said)
    assert refused.status_code == 422
    assert "Один номер в строке" in refused.text
    assert not Contact.objects.filter(last_name="Вольный").exists()
    assert client.post("/contacts/new/", {**said, "phone": "8 343 000-00-01"}).status_code == 302
    lone = Contact.objects.get(last_name="Вольный")
    assert (lone.responsible_id, lone.branch_id) == (anna.pk, anna.branch_id)
    assert [row.name for row in client.get("/contacts/?sort=name").context["rows"]] == ["Вольный Пётр", "Дёмин Кирилл"]
    assert [row.name for row in client.get("/contacts/?company=none").context["rows"]] == ["Вольный Пётр"]
    form = client.get(f"/contacts/{lone.pk}/edit/").text
    assert "Изменить +7 (343) 000-00-01" in form  # without a card the form leads to the numbers
    assert f"/contacts/{lone.pk}/delete/" in form
    limit(DataScope.SELF, boris)
    assert client_of(boris).get("/contacts/").context["rows"] == []


def test_bar_of_chosen_rows_has_what_the_role_has(anna: User, clara: User) -> None:
    make_card(anna)
    bars = [[key for key, *_ in client_of(who).get("/companies/").context["actions"]] for who in (anna, clara)]
    assert ("lead_state" in bars[0], "lead_state" in bars[1]) == (False, True)
    assert ("responsible" in bars[0], "export" in bars[0]) == (True, True)


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


@pytest.mark.parametrize("path", ["/companies/?cols=name,phone,call,spheres,contract", "/contacts/"])
def test_number_of_queries_does_not_depend_on_rows(anna: User, path: str) -> None:
    counts = []
    for first in (0, 20):
        for number in range(first, first + 2 + first):
            company = create_company(actor=anna, name=f"Компания {number}", responsible=anna)
            add_phone(holder=add_contact(company=company, last_name="Котов"), raw=f"8 343 000-00-{number:02}")
        client = client_of(anna)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 26
