"""The palette finds what people type, names the field, and shows only what one may see (C-54)."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Company, Contact, DoNotCall, LeadState
from companies.search.query import Answer, search
from companies.services import add_contact, add_email, add_phone, create_company

pytestmark = pytest.mark.django_db
WIDE = "Уточните запрос."


@pytest.fixture
def forest(anna: User) -> Company:
    """A card of Anna's with a number, an address, a site, and its director's number."""
    company = create_company(
        actor=anna,
        name="ООО «Ёлки и Палки-66»",
        legal_name="Общество «Хвоя»",
        inn="6671000003",
        kpp="667101001",
        city="Екатеринбург",
        website="https://www.hvoya-les.ru/",
        responsible=anna,
        lead_state=LeadState.WARM,
    )
    Company.objects.filter(pk=company.pk).update(ogrn="1026600000025")
    add_phone(holder=company, raw="8 (343) 012-45-67 доб. 12")
    add_email(holder=company, raw="Sklad@hvoya-les.ru")
    person = add_contact(company=company, last_name="Дёмин", first_name="Пётр", position="директор")
    add_phone(holder=person, raw="+7 (861) 000-77-31")
    add_email(holder=person, raw="demin@mail.example")
    return company


@pytest.fixture
def other(dan: User) -> Company:
    other = create_company(actor=dan, name="АО «Мегатрейд»", inn="2300000017", responsible=dan)
    add_phone(holder=other, raw="+7 (861) 055-66-77")
    return other


def titles(user: User, q: str, limit: int = 20) -> list[str]:
    return [hit.title for hit in search(user, q, limit).results]


def first(user: User, q: str) -> tuple[str, str]:
    hit = search(user, q).results[0]
    return hit.kind, hit.matched


@pytest.mark.parametrize(
    ("q", "kind", "matched"),
    [
        ("ёлки", "company", "название"),
        ("ЕЛКИ", "company", "название"),
        ("ооо елки", "company", "название"),
        ("OOO елки", "company", "название"),  # the form in Latin letters
        ("палки елк", "company", "название"),
        ("66 палки", "company", "название"),
        ("пaлки", "company", "название"),  # a Latin «a»
        ("хвоя", "company", "юридическое название"),
        ("hvoya", "company", "сайт hvoya-les.ru"),
        ("hvoya-les.ru", "company", "сайт hvoya-les.ru"),
        ("екатеринб", "company", "город Екатеринбург"),
        ("палки екатеринбург", "company", "название, город Екатеринбург"),
        ("6671", "company", "ИНН"),
        ("6671000003", "company", "ИНН"),
        ("0003", "company", "ИНН"),
        ("ИНН 6671000003", "company", "ИНН"),
        ("6671000003/667101001", "company", "ИНН и КПП"),
        ("ИНН: 6671000003 КПП: 667101001", "company", "ИНН и КПП"),
        ("1026600000025", "company", "ОГРН"),
        ("0025", "company", "ОГРН"),
        ("+7 (343) 012-45-67", "company", "тел. …45-67"),
        ("83430124567", "company", "тел. …45-67"),
        ("8 343 012 45 67", "company", "тел. …45-67"),
        ("3430124567", "company", "тел. …45-67"),
        ("343012", "company", "тел. …45-67"),
        ("8343012", "company", "тел. …45-67"),
        ("4567", "company", "тел. …45-67"),
        ("012-45-67", "company", "тел. …45-67"),
        ("+7 343 012-45-67 доб. 12", "company", "тел. …45-67"),
        ("тел. 012-45-67", "company", "тел. …45-67"),
        ("7731", "contact", "тел. …77-31"),
        ("ёлки 4567", "company", "название, тел. …45-67"),
        ("ёлки 7731", "company", "название, тел. …77-31"),
        ("ёлки 0003", "company", "название, ИНН"),
        ("демин 4567", "contact", "контакт Дёмин, тел. …45-67"),
        ("sklad@", "company", "почта sklad@hvoya-les.ru"),
        ("@hvoya", "company", "почта sklad@hvoya-les.ru"),
        ("SKLAD@hvoya-les.ru", "company", "почта sklad@hvoya-les.ru"),
        ("<demin@mail.example>", "contact", "почта demin@mail.example"),
        ("дёмин", "contact", "контакт Дёмин"),
        ("петр демин", "contact", "контакт Дёмин"),
    ],
)
def test_every_form_finds_the_card(
    anna: User, forest: Company, other: Company, q: str, kind: str, matched: str
) -> None:
    answer = search(anna, q)
    assert {hit.company_id for hit in answer.results} == {forest.pk}
    assert (answer.results[0].kind, answer.results[0].matched) == (kind, matched)
    assert (answer.shown_for, answer.hint) == ("", "")


@pytest.mark.parametrize("q", ["елочка", "9999", "мегатрейд 4567", "палки 9999", "9" * 40, "nobody@", "елки демин"])
def test_what_is_not_there_is_not_found(anna: User, forest: Company, other: Company, q: str) -> None:
    assert search(anna, q).results == ()


@pytest.mark.parametrize(
    ("q", "hint"),
    [
        ("", ""),
        ("   ", ""),
        ("\u202e", ""),
        ("а", "Введите от двух символов."),
        ("!", "Введите от двух символов."),
        ("ООО", "Добавьте к правовой форме название."),
        ("ооо  ао", "Добавьте к правовой форме название."),
    ],
)
def test_too_little_gets_a_hint(anna: User, forest: Company, q: str, hint: str) -> None:
    answer = search(anna, q)
    assert (answer.results, answer.hint) == ((), hint)


@pytest.mark.parametrize(
    "q",
    [
        "' & | ! : * \\ %",
        "\x00",
        "ёл\x00ки",
        "я" * 10_000,
        "1" * 10_000,
        "слово " * 2000,
        "%",
        "_",
        "\\",
        "a@",
        "@",
        "@@@",
        "a@b@c",
        "@%",
        "!u1",
        "!b1 | !u1",
        "'; DROP TABLE search_row; --",
        "😀",
        "😀😀 ёлки",
        "\u202eикле\u202c",
        "ﷺ" * 90,
        "㎉" * 100,
        "٣٤٣٠",
        "ёлки:*",
        "\ud800",
        "%s %(a)s",
    ],
)
def test_strange_text_gives_an_answer(anna: User, forest: Company, q: str) -> None:
    assert {hit.company_id for hit in search(anna, q).results} <= {forest.pk}


def test_other_layout_is_understood_and_said(anna: User, forest: Company) -> None:
    answer = search(anna, "`krb")
    assert [hit.id for hit in answer.results] == [forest.pk]
    assert answer.shown_for == "ёлки"
    assert search(anna, 'ыЛДфв"рмщнф-дуыюкг').shown_for == "sklad@hvoya-les.ru"
    assert search(anna, "tkrb 4567").shown_for == "елки 4567"
    assert search(anna, "ёлки").shown_for == ""


@pytest.mark.parametrize(
    ("q", "shown_for"),
    [
        ("мегатерйд", "мегатрейд"),
        ("мигатрейд", "мегатрейд"),
        ("мегатрейдд", "мегатрейд"),
        ("мигатерйд", "мегатрейд"),
        ("vtufnthql", "мегатрейд"),  # both the layout and a slip
        ("мегатерйд 6677", "мегатрейд 6677"),
    ],
)
def test_slip_is_understood_and_said(dan: User, forest: Company, other: Company, q: str, shown_for: str) -> None:
    answer = search(dan, q)
    assert [hit.id for hit in answer.results] == [other.pk]
    assert answer.shown_for == shown_for


def test_latin_word_is_shown_as_latin(anna: User) -> None:
    create_company(actor=anna, name="Hotel Topline", responsible=anna)
    assert titles(anna, "top") == titles(anna, "hot") == ["Hotel Topline"]
    assert search(anna, "topilne").shown_for == "topline"


def test_foreign_word_corrects_nothing(anna: User, dan: User, forest: Company, other: Company) -> None:
    anna.data_scope = DataScope.BRANCH
    assert search(anna, "мегатерйд") == Answer("мегатерйд")
    assert search(anna, "vtufnhtql") == Answer("vtufnhtql")
    assert search(anna, "мегатрейд") == Answer("мегатрейд")


def test_order_of_answers(anna: User, boris: User) -> None:
    def made(name: str, owner: User, **more: Any) -> Company:
        return create_company(actor=owner, name=name, responsible=owner, **more)

    made("Завод Сокол", boris)
    made("Соколова дача", boris)
    made("Сокол и партнёры", boris)
    made("Сокол", boris)
    own = made("Соколик", anna)
    add_contact(company=own, last_name="Сокол")
    assert titles(anna, "сокол") == [
        "Сокол",
        "Соколик",
        "Соколова дача",
        "Сокол и партнёры",
        "Завод Сокол",
        "Сокол",
    ]


def test_whole_number_comes_first_and_can_be_dialled(anna: User, boris: User) -> None:
    whole = create_company(actor=boris, name="Вторая 4567 компания", responsible=boris)
    phone = add_phone(holder=whole, raw="+7 343 000-45-67")
    part = create_company(actor=anna, name="4567", responsible=anna)
    add_phone(holder=part, raw="+7 343 900-45-67")
    hit = search(anna, "8 343 000 45 67").results[0]
    assert hit.phone is not None
    assert (hit.id, hit.phone.id, hit.phone.shown) == (whole.pk, phone.pk, "+7 (343) 000-45-67")
    assert hit.phone.is_dialable
    DoNotCall.objects.create(e164="+73430004567")
    hit = search(anna, "8 343 000 45 67").results[0]
    assert hit.phone is not None
    assert not hit.phone.is_dialable
    assert titles(anna, "4567")[:1] == ["4567"]


def test_person_of_no_company_has_no_address(anna: User) -> None:
    from companies.search import index

    person = Contact.objects.create(last_name="Одинокий", responsible=anna)
    index.refresh_contacts([person.pk])
    add_phone(holder=person, raw="+7 343 000-45-67")
    for q in ("одинокий", "4567", "одинокий 4567"):
        hit = search(anna, q).results[0]
        assert (hit.kind, hit.id, hit.company_id, hit.url) == ("contact", person.pk, None, "")


def test_deleted_card_is_nowhere_even_when_its_row_is_old(ada: User, forest: Company) -> None:
    Company.objects.filter(pk=forest.pk).update(deleted_at=timezone.now())
    for q in ("елки", "6671", "4567", "sklad@", "дёмин", "7731"):
        assert search(ada, q).results == ()


def test_who_sees_what(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, forest: Company, other: Company
) -> None:
    for user in (anna, boris, clara, dan, gleb):
        user.data_scope = DataScope.BRANCH
    boris.data_scope = DataScope.SELF
    for q in ("елки", "6671", "+73430124567", "sklad@", "демин", "елки 4567"):
        seen = {user.username for user in (anna, boris, clara, dan, gleb, ada) if search(user, q).results}
        assert seen == {"anna", "clara", "ada"}, q
    ada.is_active = False
    assert search(ada, "елки") == Answer("елки")


def test_number_of_queries_does_not_grow(anna: User, django_assert_max_num_queries: Any) -> None:
    for number in range(40):
        company = create_company(actor=anna, name=f"Компания {number} Север", responsible=anna)
        add_phone(holder=company, raw=f"+7 343 0{number:02}-45-67")
        add_contact(company=company, last_name="Северов", first_name=f"Имя{number}")
    # a savepoint and its end, its limits, the stages, the gate, the numbers and who asked not to be called
    for q, most in (("компания", 9), ("север комп", 13), ("3430", 10), ("север 4567", 15), ("кмопания", 25)):
        with django_assert_max_num_queries(most):
            assert len(search(anna, q).results) == 20, q


def test_common_word_beside_a_rare_one_is_looked_up_in_the_text(anna: User, settings: LazySettings) -> None:
    from companies.search import vocabulary

    for number in range(30):
        create_company(actor=anna, name=f"Торговый дом номер{number}", responsible=anna)
    vocabulary.recount()
    plain = search(anna, "торг номер2")
    settings.SEARCH = {**settings.SEARCH, "common_df": 5}
    assert search(anna, "торг номер2") == plain
    assert len(plain.results) == 11


def test_a_statement_that_takes_too_long_leaves_what_is_found(anna: User, settings: LazySettings) -> None:
    create_company(actor=anna, name="Сокол", responsible=anna)
    create_company(actor=anna, name="Завод Сокол", responsible=anna)
    settings.SEARCH = {**settings.SEARCH, "statement_ms": 200}

    def slow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if ".tsv @@" in sql:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
        return execute(sql, params, many, context)

    anna.data_scope = DataScope.GLOBAL
    with connection.execute_wrapper(slow):
        answer = search(anna, "сокол")
    assert [hit.title for hit in answer.results] == ["Сокол"]
    assert answer.hint == WIDE
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("30s",)
