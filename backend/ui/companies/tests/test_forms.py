"""Forms of the card at their doors: as pages and as dialogs, two editors, refusals in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from accounts.models import User
from accounts.roles import DataScope
from companies.edits.fields import Edit, change_company
from companies.models import Company, CompanySphere, Contact, PhoneNumber
from companies.services import create_company
from ui.tests.doors import client_of, limit, make_card

pytestmark = pytest.mark.django_db
DIALOG = {"X-Fragment": "dialog"}


@pytest.fixture
def card(anna: User) -> Company:
    return make_card(anna)


def form_of(user: User, url: str) -> dict[str, Any]:
    """The values that a browser would send back unchanged."""
    form = client_of(user).get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None}


def test_one_fact_is_changed_in_a_dialog(anna: User, card: Company) -> None:
    url = f"/companies/{card.pk}/fields/city/"
    shown = client_of(anna).get(url, headers=DIALOG)
    assert "<html" not in shown.text
    assert 'name="address"' in shown.text, "what belongs together opens together"
    answer = client_of(anna).post(url, {**form_of(anna, url), "city": "Пермь"}, headers=DIALOG)
    assert (answer.status_code, unquote(answer["X-Toast"])) == (204, "Сохранено.")
    card.refresh_from_db()
    assert (card.city, card.version) == ("Пермь", 2)


def test_without_a_script_it_is_a_page_that_goes_back(anna: User, card: Company) -> None:
    url = f"/companies/{card.pk}/fields/name/"
    assert "<html" in client_of(anna).get(url).text
    answer = client_of(anna).post(url, {**form_of(anna, url), "name": "Новое имя"}, follow=True)
    assert answer.redirect_chain == [(f"/companies/{card.pk}/", 302)]
    assert "Сохранено." in answer.text


def test_two_people_change_one_fact(anna: User, clara: User, card: Company) -> None:
    url = f"/companies/{card.pk}/edit/"
    sphere = CompanySphere.objects.create(name="Опт")
    mine = {**form_of(anna, url), "name": "Имя Анны"}
    change_company(card.pk, Edit(clara, {"name": "Имя Клары", "city": "Пермь", "spheres": [sphere.pk]}))
    answer = client_of(anna).post(url, mine, headers=DIALOG)
    assert answer.status_code == 409
    assert "Сейчас: <strong>Имя Клары</strong> (Клара Орлова" in answer.text
    assert 'value="Имя Анны"' in answer.text, "what was typed stays"
    card.refresh_from_db()
    assert card.name == "Имя Клары"
    drawn = answer.context["form"]
    again = {name: drawn[name].value() for name in drawn.fields}
    keep = client_of(anna).post(url, {**again, "theirs": "name"}, headers=DIALOG)
    assert keep.status_code == 204
    card.refresh_from_db()
    assert card.name == "Имя Клары"
    assert client_of(anna).post(url, again, headers=DIALOG).status_code == 204
    card.refresh_from_db()
    assert (card.name, card.city, list(card.spheres.all())) == ("Имя Анны", "Пермь", [sphere])


def test_two_people_change_different_facts_and_are_told(anna: User, clara: User, card: Company) -> None:
    url = f"/companies/{card.pk}/edit/"
    mine = {**form_of(anna, url), "website": "example.com"}
    change_company(card.pk, Edit(clara, {"city": "Пермь"}))
    answer = client_of(anna).post(url, mine, follow=True)
    assert "Тем временем Клара Орлова изменил(а): город." in answer.text
    card.refresh_from_db()
    assert (card.website, card.city) == ("example.com", "Пермь")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Заполните поле"),
        ({"kpp": "123"}, "КПП записывается девятью знаками"),
        ({"contract_until": "когда-нибудь"}, "Дата записывается как"),
        ({"contract_amount": "много"}, "Сумма записывается числом"),
        ({"head_company": "999999999"}, "Не найдено."),
        ({"version": "99"}, "Версия карточки из будущего"),
        ({"name": "x" * 300}, "не больше 255 знаков"),
        ({"bank_details": "a\x00b"}, "запрещённый символ"),
    ],
)
def test_bad_input_is_said_beside_its_field(anna: User, card: Company, changes: dict[str, str], words: str) -> None:
    url = f"/companies/{card.pk}/edit/"
    answer = client_of(anna).post(url, {**form_of(anna, url), **changes})
    assert answer.status_code == 422
    assert words in answer.text
    card.refresh_from_db()
    assert card.version == 1


@pytest.mark.parametrize("typed", ["ооо «головная»", "Головная", "7707083893", "{pk}", "голов"])
def test_the_head_company_is_named_as_people_name_it(anna: User, card: Company, typed: str) -> None:
    head = create_company(actor=anna, name="ООО «Головная»", inn="7707083893", responsible=anna)
    create_company(actor=anna, name="Другая", responsible=anna)
    url = f"/companies/{card.pk}/fields/head_company/"
    said = {**form_of(anna, url), "head_company": typed.format(pk=head.pk)}
    assert client_of(anna).post(url, said).status_code == 302
    card.refresh_from_db()
    assert card.head_company == head
    assert client_of(anna).post(url, {**form_of(anna, url), "head_company": ""}).status_code == 302
    card.refresh_from_db()
    assert card.head_company is None


def test_a_head_company_that_is_not_clear_is_asked_about(anna: User, dan: User, card: Company) -> None:
    twins = [create_company(actor=anna, name="Ромашка", responsible=anna) for _ in range(2)]
    create_company(actor=dan, name="Потайная", inn="7736050003", responsible=dan)
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    url = f"/companies/{card.pk}/fields/head_company/"
    client, base = client_of(anna), form_of(anna, url)
    several = client.post(url, {**base, "head_company": "ромашка"})
    assert several.status_code == 422
    assert all(f"№ {twin.pk}" in several.text for twin in twins)
    for hidden in ("Потайная", "7736050003", "«»", "&|!", "нет такой"):
        answer = client.post(url, {**base, "head_company": hidden})
        assert answer.status_code == 422
        assert "Такой компании не видно." in answer.text
    card.refresh_from_db()
    assert card.head_company is None


def test_spheres_are_kept_and_changed(anna: User, card: Company) -> None:
    a, b = CompanySphere.objects.create(name="Опт"), CompanySphere.objects.create(name="Розница")
    url = f"/companies/{card.pk}/fields/spheres/"
    client_of(anna).post(url, {**form_of(anna, url), "spheres": [str(a.pk), str(b.pk)]})
    assert form_of(anna, url)["spheres"] == [str(a.pk), str(b.pk)]
    client_of(anna).post(url, {**form_of(anna, url), "spheres": ["нет"]})
    assert card.spheres.count() == 2


def test_right_that_was_lost_keeps_what_was_typed_and_shows_nothing(anna: User, boris: User, card: Company) -> None:
    url = f"/companies/{card.pk}/edit/"
    mine = {**form_of(anna, url), "name": "Набрано мной"}
    Company.objects.filter(pk=card.pk).update(responsible=boris, name="Секрет Бориса")
    answer = client_of(anna).post(url, mine)
    assert answer.status_code == 422
    assert "Набрано мной" in answer.text
    assert "Ответственный — Борис Мельник" in answer.text
    limit(DataScope.SELF, anna)
    assert client_of(anna).post(url, mine).status_code == 404


def test_new_company_warns_while_typing_and_before_saving(anna: User, card: Company) -> None:
    hint = client_of(anna).get("/companies/duplicates/", {"name": "сибирь профиль", "phone": "8 343 000 12 34"})
    assert card.name in hint.text
    assert "тот же телефон" in hint.text
    said = {"name": "Другая", "inn": "6671000003", "lead_state": "cold"}
    assert "уже есть" in client_of(anna).post("/companies/new/", said).text
    said = {"name": "Другая", "phone": "8 343 000 12 34", "lead_state": "warm"}
    answer = client_of(anna).post("/companies/new/", said)
    assert (answer.status_code, Company.objects.count()) == (422, 1)
    assert "Всё равно создать" in answer.text
    client_of(anna).post("/companies/new/", {**said, "allow_duplicates": "1"})
    made = Company.objects.get(name="Другая")
    assert (made.responsible, made.lead_state, PhoneNumber.objects.filter(company=made).count()) == (anna, "warm", 1)


def test_invisible_card_is_hinted_without_its_name(dan: User, card: Company) -> None:
    limit(DataScope.SELF, dan)
    hint = client_of(dan).get("/companies/duplicates/", {"name": card.name, "inn": "6671000003"})
    assert "Сибирь" not in hint.text
    assert "уже ведётся другим сотрудником" in hint.text


def test_people_and_numbers(anna: User, card: Company) -> None:
    client = client_of(anna)
    answer = client.post(f"/companies/{card.pk}/contacts/new/", {"last_name": "Орлова", "first_name": "Мария"})
    assert answer.status_code == 302
    person = Contact.objects.get(last_name="Орлова")
    client.post(f"/contacts/{person.pk}/phones/new/", {"raw": "8 922 000-00-01", "type": "mobile"})
    client.post(f"/contacts/{person.pk}/emails/new/", {"raw": "maria@example.com", "type": "personal"})
    number = PhoneNumber.objects.get(contact=person)
    stale = form_of(anna, f"/phones/{number.pk}/edit/")
    client.post(f"/phones/{number.pk}/edit/", {**stale, "raw": "8 922 000-00-02"})
    clash = client.post(f"/phones/{number.pk}/edit/", {**stale, "raw": "8 922 000-00-03"}, headers=DIALOG)
    assert (clash.status_code, "сейчас «8 922 000-00-02»" in clash.text) == (422, True)
    twice = client.post(f"/contacts/{person.pk}/phones/new/", {"raw": "8 922 1; 8 922 000-00-09", "type": "mobile"})
    assert twice.status_code == 302 or "Один номер в строке" in twice.text
    client.post(f"/contacts/{person.pk}/primary/")
    person.refresh_from_db()
    assert person.is_primary
    client.post(f"/contacts/{person.pk}/delete/")
    assert "Орлова" not in client.get(f"/companies/{card.pk}/people/").text
    assert Contact.objects.filter(company=card, is_primary=True, deleted_at__isnull=True).count() == 1


def test_transfer_that_loses_sight_goes_to_the_list(anna: User, dan: User, card: Company) -> None:
    limit(DataScope.SELF, anna)
    answer = client_of(anna).post(f"/companies/{card.pk}/transfer/", {"to": str(dan.pk)}, headers=DIALOG)
    assert (answer.status_code, answer["X-Go"]) == (204, "/companies/")
    card.refresh_from_db()
    assert card.responsible == dan


def test_manager_asks_and_head_approves_with_one_click(anna: User, clara: User, card: Company) -> None:
    client_of(anna).post(f"/companies/{card.pk}/lead/", {"state": "warm", "note": "Готовы купить"})
    page = client_of(clara).get("/requests/").text
    assert "Сделать «тёплый»" in page
    assert "Готовы купить" in page
    (row,) = client_of(clara).get("/requests/").context["rows"]
    client_of(clara).post(f"/requests/lead/{row.id}/approve/")
    card.refresh_from_db()
    assert card.lead_state == "warm"
    assert "Одобрен" in client_of(anna).get("/requests/?show=own").text


def test_rejection_with_its_reason(anna: User, clara: User, card: Company) -> None:
    client_of(anna).post(f"/companies/{card.pk}/lead/", {"state": "warm"})
    (row,) = client_of(clara).get("/requests/").context["rows"]
    url = f"/requests/lead/{row.id}/reject/"
    assert client_of(clara).post(url, {"reason": "нет"}, headers=DIALOG).status_code == 422
    assert client_of(clara).post(url, {"reason": "Рано, договора нет"}, headers=DIALOG).status_code == 204
    assert "Отклонён: Рано, договора нет (Клара Орлова)" in client_of(anna).get("/requests/?show=own").text
    assert client_of(anna).post(f"/requests/lead/{row.id}/withdraw/", follow=True).text.count("Уже решено") == 1


def test_administrator_deletes_and_a_manager_asks(anna: User, ada: User, card: Company) -> None:
    url = f"/companies/{card.pk}/delete/"
    client_of(anna).post(url, {"reason": "Компания закрылась"})
    assert "Удалить компанию" in client_of(ada).get("/requests/").text
    assert client_of(ada).post(url, {"reason": "нет"}).status_code == 422
    client_of(ada).post(url, {"reason": "Компания закрылась"})
    assert client_of(anna).get(f"/companies/{card.pk}/").status_code == 404


def test_cold_mark_and_its_reset(anna: User, card: Company) -> None:
    number = PhoneNumber.objects.get(company=card)
    url = f"/phones/{number.pk}/cold/"
    client_of(anna).post(url)
    assert "Снять отметку" in client_of(anna).get(url).text
    client_of(anna).post(url, {"reason": "Ошибся номером"})
    number.refresh_from_db()
    assert number.cold_marked_at is None


def test_menu_says_why_not(boris: User, card: Company) -> None:
    page = client_of(boris).get(f"/companies/{card.pk}/").text
    assert page.count("Ответственный — Анна Зайцева") >= 2
    assert f"/companies/{card.pk}/fields/" not in page
    assert "Попросить удалить" in page


@pytest.mark.parametrize("name", ["nonsense", "responsible", "branch", "id"])
def test_fields_that_are_none_are_404(anna: User, card: Company, name: str) -> None:
    assert client_of(anna).get(f"/companies/{card.pk}/fields/{name}/").status_code == 404
