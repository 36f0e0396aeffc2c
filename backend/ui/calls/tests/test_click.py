"""«Позвонить» and «Отменить» with scripts and without them."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from companies.models import Contact, DoNotCall
from phonebridge.enums import Status
from phonebridge.models import CallRequest
from ui.tests.doors import LIVE, NUMBER, calls_of, client_of, limit, make_card

pytestmark = pytest.mark.django_db


def test_click_without_scripts_comes_back_to_the_card(anna: User) -> None:
    company = make_card(anna)
    client = client_of(anna)
    answer = client.post("/calls/click/", {"phone": NUMBER, "company": company.pk}, follow=True)
    assert answer.redirect_chain == [(f"/companies/{company.pk}/", 302)]
    assert "Команда отправлена на телефон." in answer.text
    assert "Отправлено" in answer.text
    assert "Идёт звонок" in answer.text
    (call,) = calls_of(anna)
    assert (call.phone_e164, call.company, call.status) == ("+73430001234", company, Status.PENDING)


def test_click_with_scripts_answers_the_box(anna: User) -> None:
    company = make_card(anna)
    client = client_of(anna)
    form = {"phone": NUMBER, "company": str(company.pk)}
    first = client.post("/calls/click/", form, headers=LIVE)
    assert first.status_code == 201
    assert 'class="call-box' in first.text
    assert "<html" not in first.text
    again = client.post("/calls/click/", form, headers=LIVE)
    assert again.status_code == 200
    assert len(calls_of(anna)) == 1


def test_another_number_says_what_stands_in_the_way(anna: User) -> None:
    make_card(anna)
    client = client_of(anna)
    client.post("/calls/click/", {"phone": NUMBER}, headers=LIVE)
    (call,) = calls_of(anna)
    other = client.post("/calls/click/", {"phone": "+7 343 000-56-78"}, headers=LIVE)
    assert other.status_code == 409
    assert "Сначала завершите или отмените звонок" in other.text
    assert f'data-call-id="{call.pk}"' in other.text
    page = client.post("/calls/click/", {"phone": "+7 343 000-56-78"}, follow=True)
    assert "Сначала завершите или отмените звонок" in page.text


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("", "Укажите номер"),
        ("112", "экстренные"),
        ("12", "Слишком короткий"),
        ("+7 343 000-12-34; +7 343 000-56-78", "Один номер"),
        ("спросить", "Укажите номер"),
        ("1" * 60, "не распознан"),
        ("1" * 10_000, "слишком длинный"),
        ("\x00+73430001234", "ноль"),
    ],
)
def test_a_bad_number_is_refused_with_words(anna: User, phone: str, words: str) -> None:
    answer = client_of(anna).post("/calls/click/", {"phone": phone}, headers=LIVE)
    assert answer.status_code == 400
    assert 'class="call-box' in answer.text
    assert words.casefold() in answer.text.casefold()
    assert calls_of(anna) == []


def test_do_not_call_is_refused(anna: User) -> None:
    company = make_card(anna)
    DoNotCall.objects.create(e164="+73430001234")
    answer = client_of(anna).post("/calls/click/", {"phone": NUMBER, "company": company.pk}, headers=LIVE)
    assert answer.status_code == 409
    assert "Просили не звонить" in answer.text


@pytest.mark.parametrize("field", ["company", "contact"])
def test_invisible_and_missing_targets_are_refused_alike(anna: User, dan: User, field: str) -> None:
    company = make_card(anna)
    limit(DataScope.SELF, dan)
    contact = Contact.objects.get(company=company)
    own = str(company.pk if field == "company" else contact.pk)
    client = client_of(dan)
    answers = [
        client.post("/calls/click/", {"phone": NUMBER, field: pk}, headers=LIVE) for pk in (own, "999999", str(2**62))
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    for pk in ("0", "-1", str(2**63), "x", "9" * 5000):
        assert client.post("/calls/click/", {"phone": NUMBER, field: pk}, headers=LIVE).status_code == 404
        assert client.post("/calls/click/", {"phone": NUMBER, field: pk}).status_code == 302
    assert calls_of(dan) == []


def test_a_long_or_broken_note_is_refused(anna: User) -> None:
    client = client_of(anna)
    for note in ("я" * 10_001, "a\x00b"):
        assert client.post("/calls/click/", {"phone": NUMBER, "note": note}, headers=LIVE).status_code == 400
    assert client.post("/calls/click/", {"phone": NUMBER, "note": "я" * 10_000}, headers=LIVE).status_code == 201


def test_next_leads_only_inside(anna: User) -> None:
    client = client_of(anna)
    inside = client.post("/calls/click/", {"phone": NUMBER, "next": "/companies/?q=1234"})
    assert inside["Location"] == "/companies/?q=1234"
    outside = client.post("/calls/click/", {"phone": NUMBER, "next": "https://evil.example/"})
    assert outside["Location"] == "/calls/"


def test_click_is_a_post_with_a_token_by_someone_who_logged_in(anna: User) -> None:
    assert client_of(anna).get("/calls/click/").status_code == 405
    assert Client().post("/calls/click/", {"phone": NUMBER}).status_code == 302
    guarded = client_of(anna, enforce_csrf_checks=True)
    assert guarded.post("/calls/click/", {"phone": NUMBER}).status_code == 403
    assert calls_of(anna) == []


def test_cancel_tells_who_won(anna: User) -> None:
    client = client_of(anna)
    client.post("/calls/click/", {"phone": NUMBER})
    (call,) = calls_of(anna)
    page = client.post(f"/calls/{call.pk}/cancel/", follow=True)
    assert "Звонок отменён до набора." in page.text
    call.refresh_from_db()
    assert call.status == Status.CANCELLED
    again = client.post(f"/calls/{call.pk}/cancel/", headers=LIVE)
    assert again.status_code == 200
    assert "Отменён" in again.text


def test_cancel_after_a_phone_took_it_is_honest(anna: User) -> None:
    client = client_of(anna)
    client.post("/calls/click/", {"phone": NUMBER})
    (call,) = calls_of(anna)
    CallRequest.objects.filter(pk=call.pk).update(status=Status.DELIVERED, claimed_at=call.created_at)
    box = client.post(f"/calls/{call.pk}/cancel/", headers=LIVE)
    assert box.status_code == 200
    assert "телефон уже мог набрать" in box.text.casefold()


def test_only_the_caller_cancels(anna: User, boris: User, clara: User, dan: User) -> None:
    client_of(anna).post("/calls/click/", {"phone": NUMBER})
    (call,) = calls_of(anna)
    for user, status in ((boris, 404), (dan, 404), (clara, 403)):
        assert client_of(user).post(f"/calls/{call.pk}/cancel/", headers=LIVE).status_code == status
    page = client_of(clara).post(f"/calls/{call.pk}/cancel/", follow=True)
    assert "Звонок заказал другой сотрудник." in page.text
    call.refresh_from_db()
    assert call.status == Status.PENDING
    assert client_of(anna).post(f"/calls/{uuid.uuid4()}/cancel/").status_code == 404
