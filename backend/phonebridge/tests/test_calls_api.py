"""/api/v1/calls/: the door that administrators' scripts use."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies.models import Company, Contact, DoNotCall, PhoneNumber
from phonebridge.models import CallRequest
from phonebridge.services import delivery
from phonebridge.tests.fixtures import E164, NUMBER, click, device_of, phone_client

pytestmark = pytest.mark.django_db
URL = "/api/v1/calls/"


def post(user: User, **body: Any) -> Any:
    return phone_client(user).post(URL, {"phone": NUMBER, **body}, format="json")


def test_click_answers_201_with_everything_a_page_needs(anna: User) -> None:
    answer = post(anna, note="Про прайс")
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"id", "status", "phone", "expires_at", "presence"}
    assert (body["status"], body["phone"], body["presence"]["state"]) == ("pending", E164, "none")
    assert AuditLog.objects.filter(entity_type="call_request", entity_id=body["id"], actor=anna).count() == 1


def test_same_number_again_is_200_with_the_same_id(anna: User) -> None:
    first = post(anna)
    for spelling in ("8 (343) 000-12-34", "83430001234", "+73430001234"):
        again = post(anna, phone=spelling)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_another_number_while_one_is_open_is_409_with_the_open_id(anna: User) -> None:
    first = post(anna)
    other = post(anna, phone="+7 343 000-55-55")
    assert (other.status_code, other.json()["code"], other.json()["open_id"]) == (409, "call_open", first.json()["id"])
    phone_client(anna).post(f"{URL}{first.json()['id']}/cancel/")
    assert post(anna, phone="+7 343 000-55-55").status_code == 201


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "   ",
        "112",
        "01",
        "102",
        "1234",
        "позвони",
        "8 800 flowers",
        "+7",
        "7" * 60,
        "\x00",
        "a\x00b",
        "‮",
        "+7 922 000-00-01; +7 922 000-00-02",
        "+79220000001,+79220000002",
        "x" * 10_000,
        "☎️",
        "+7;+7",
        "доб. 12",
    ],
)
def test_number_that_cannot_be_dialled_is_refused_with_words(anna: User, phone: str) -> None:
    answer = post(anna, phone=phone)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert CallRequest.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[]", b'"x"', b'{"phone": ["+73430001234"]}', b'{"phone": {"a": 1}}', b"\xff", b"[" * 50_000]
)
def test_broken_bodies_are_400(anna: User, body: bytes) -> None:
    answer = phone_client(anna).generic(
        "POST",
        URL,
        body,  # type: ignore[arg-type]
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert "detail" in answer.json()


@pytest.mark.parametrize("company", [0, -1, 2**63, 10**30, "abc", "0190a0a0-0000-7000-8000-000000000000", 777, [1]])
def test_company_that_is_not_there_is_refused(anna: User, company: Any) -> None:
    answer = post(anna, company=company)
    assert answer.status_code in {400, 404}
    assert CallRequest.objects.count() == 0


def test_company_out_of_sight_is_404_like_a_missing_one(anna: User, dan: User) -> None:
    dan.data_scope = DataScope.SELF
    dan.save()
    company = Company.objects.create(name="ООО «Астра»", responsible=anna, branch=anna.branch)
    contact = Contact.objects.create(company=company, last_name="Орлова")
    hidden, missing = post(dan, company=company.pk), post(dan, company=company.pk + 1000)
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json()) == (404, hidden.json())
    assert post(dan, contact=contact.pk).status_code == 404


def test_contact_of_another_company_is_refused(anna: User) -> None:
    one, two = Company.objects.create(name="Один"), Company.objects.create(name="Два")
    contact = Contact.objects.create(company=two, last_name="Орлова")
    assert post(anna, company=one.pk, contact=contact.pk).status_code == 404
    assert post(anna, contact=contact.pk).status_code == 201
    call = CallRequest.objects.get()
    assert (call.company_id, call.contact_name) == (two.pk, "Орлова")


def test_note_of_10_000_characters_is_kept_and_a_longer_one_is_refused(anna: User) -> None:
    assert post(anna, note="я" * 10_001).json()["code"] == "bad_note"
    assert post(anna, note="a\x00b").status_code == 400
    assert post(anna, note="я" * 10_000).status_code == 201
    assert len(CallRequest.objects.get().note) == 10_000


def test_number_whose_owner_asked_not_to_be_called_is_not_dialled_through_any_card(anna: User, boris: User) -> None:
    DoNotCall.objects.create(e164=E164, by=boris)
    company = Company.objects.create(name="ООО «Астра»")
    for body in ({}, {"company": company.pk}, {"phone": "8-343-000-12-34"}):
        answer = post(anna, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "do_not_call")
        assert "Борис Мельник" in answer.json()["detail"]
    Company.objects.filter(pk=company.pk).update(do_not_call=True)
    assert post(anna, phone="+7 343 000-77-77", company=company.pk).status_code == 409


def test_cold_comes_from_the_mark_or_the_company_or_the_caller(anna: User) -> None:
    company = Company.objects.create(name="Тёплая", lead_state="warm")
    post(anna, company=company.pk)
    call = CallRequest.objects.get()
    assert call.is_cold_call is False
    CallRequest.objects.all().delete()
    from django.utils import timezone

    PhoneNumber.objects.create(company=company, raw=NUMBER, e164=E164, cold_marked_at=timezone.now())
    post(anna, company=company.pk)
    assert CallRequest.objects.get().is_cold_call is True
    CallRequest.objects.all().delete()
    post(anna, company=company.pk, is_cold_call=False)
    assert CallRequest.objects.get().is_cold_call is False


def test_refusals_are_russian_and_moments_are_utc(anna: User) -> None:
    for body in (b"{", b"[]", b'{"phone": ["x"]}', b'{"phone": "+73430001234", "is_cold_call": "maybe"}', b"{}"):
        answer = phone_client(anna).generic("POST", URL, body, content_type="application/json")  # type: ignore[arg-type]
        assert re.fullmatch(r"[А-Яа-яЁё JSON.,:]+", answer.json()["detail"]), answer.json()
    call = click(anna)
    assert phone_client(anna).get(f"{URL}{call.pk}/").json()["created_at"].endswith("Z")


def test_detail_shows_all_moments_and_the_phones_name(anna: User) -> None:
    call = click(anna)
    delivery.claim(call_id=call.pk, device=device_of(anna))
    body = phone_client(anna).get(f"{URL}{call.pk}/").json()
    assert (body["status"], body["device"]) == ("delivered", "Honor 90")
    moments = [
        "created_at",
        "offered_at",
        "received_at",
        "claimed_at",
        "dialing_at",
        "talking_at",
        "ended_at",
        "closed_at",
        "expires_at",
    ]
    assert set(moments) <= set(body)
    assert body["claimed_at"] is not None


@pytest.mark.parametrize("call_id", ["0", "abc", "-1", "%00", "0190a0a0-0000-7000-8000-000000000000"])
def test_unknown_call_is_404(anna: User, call_id: str) -> None:
    assert phone_client(anna).get(f"{URL}{call_id}/").status_code == 404
    assert phone_client(anna).post(f"{URL}{call_id}/cancel/").status_code == 404


def test_list_is_newest_first_paged_and_cut_by_rights(anna: User, boris: User, clara: User, dan: User) -> None:
    calls = [str(click(user).pk) for user in (anna, boris, dan)]

    def listed(user: User, query: str = "") -> list[str]:
        return [row["id"] for row in phone_client(user).get(f"{URL}{query}").json()["results"]]

    assert listed(anna) == [calls[0]]
    assert listed(clara) == [calls[1], calls[0]]
    assert listed(clara, "?page_size=1") == [calls[1]]
    assert listed(clara, "?page_size=1&page=2") == [calls[0]]
    assert listed(clara, f"?user={anna.pk}") == [calls[0]]
    assert listed(dan, f"?user={anna.pk}") == []
    assert listed(clara, "?company=%00&user=999999999999999999999") == []
    assert phone_client(clara).get(f"{URL}?page=99999999999999999999").status_code == 404


def test_cancel_says_who_won(anna: User) -> None:
    call = click(anna)
    url = f"{URL}{call.pk}/cancel/"
    assert phone_client(anna).post(url).json() == {"cancelled": True, "status": "cancelled"}
    assert phone_client(anna).post(url).json() == {"cancelled": True, "status": "cancelled"}
    second = click(anna)
    delivery.claim(call_id=second.pk, device=device_of(anna))
    answer = phone_client(anna).post(f"{URL}{second.pk}/cancel/")
    assert answer.json() == {"cancelled": False, "status": "delivered"}


def test_session_works_with_csrf_and_not_without(anna: User) -> None:
    http = Client(enforce_csrf_checks=True)
    http.force_login(anna)
    body = json.dumps({"phone": NUMBER})
    assert http.post(URL, body, content_type="application/json").status_code == 403
    page = http.get("/")
    token = page.context["csrf_token"]
    answer = http.post(URL, body, content_type="application/json", headers={"X-CSRFToken": str(token)})
    assert answer.status_code == 201
