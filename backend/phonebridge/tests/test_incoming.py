"""A call that nobody clicked: whose it is, who may know, handing over, private calls, the card «Звонит»."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import DataScope
from audit.models import AuditLog
from companies.models import Company
from companies.services import add_phone
from notifications.models import Notification
from phonebridge.models import CallBack, CallReport, CallRequest
from phonebridge.selectors import visible_calls
from phonebridge.services.incoming import forget_private_numbers
from phonebridge.tests.fixtures import NUMBER, click, phone_client
from phonebridge.tests.test_callbacks import tell

pytestmark = pytest.mark.django_db


def card(name: str, owner: User | None, phone: str = NUMBER) -> Company:
    company = Company.objects.create(name=name, responsible=owner, branch=owner.branch if owner else None)
    add_phone(holder=company, raw=phone)
    return company


def seen_by(user: User, url: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def post(user: User, url: str, **data: Any) -> int:
    client = Client()
    client.force_login(user)
    return client.post(url, data).status_code


def test_own_card_then_last_talk_then_the_only_one(anna: User, boris: User, dan: User) -> None:
    north, south = card("Север", boris), card("Юг", dan)
    tell(anna, "missed")
    assert CallRequest.objects.get().company is None  # two of other people: a person picks
    own = card("Своя", anna)
    tell(anna, "connected")
    assert CallRequest.objects.latest("created_at").company == own
    own.delete()
    call = click(anna, company=south)
    body = {"call_request_id": str(call.pk), "call_status": "no_answer"}
    phone_client(anna).post("/api/phone/calls/update/", body, format="json")
    tell(anna, "rejected")
    assert CallRequest.objects.latest("created_at").company == south
    north.delete()
    tell(dan, "missed")
    assert CallRequest.objects.latest("created_at").company == south


def test_person_picks_and_the_call_back_follows(anna: User, boris: User) -> None:
    north = card("Север", boris)
    card("Юг", boris)
    tell(anna, "missed")
    call = CallRequest.objects.get()
    page = seen_by(anna, f"/calls/{call.pk}/")
    assert "Чей это звонок" in page and "Север" in page and "Юг" in page
    assert post(anna, f"/calls/{call.pk}/card/", company=north.pk) == 302
    assert post(anna, f"/calls/{call.pk}/card/", company=north.pk) == 302  # a repeat leaves no second row
    call.refresh_from_db()
    assert call.company == north and CallBack.objects.get().company == north
    assert AuditLog.objects.filter(entity_type="call_request", entity_id=str(call.pk)).count() == 1
    assert post(anna, f"/calls/{call.pk}/card/", company=card("Без номера", anna, "+7 343 000-99-99").pk) == 302
    call.refresh_from_db()
    assert call.company == north


def test_number_of_three_hundred_cards(anna: User, boris: User) -> None:
    for number in range(23):
        card(f"Компания {number}", boris)
    tell(anna, "missed")
    assert "ещё 3" in seen_by(anna, f"/calls/{CallRequest.objects.get().pk}/")


def test_nobody_reads_the_name_of_a_foreign_card(anna: User, boris: User, clara: User) -> None:
    User.objects.filter(pk=anna.pk).update(data_scope=DataScope.SELF)
    card("Тайная", boris)
    tell(anna, "connected")
    call = CallRequest.objects.get()
    assert call.company is not None  # the truth of the base
    for url in ("/calls/", f"/calls/{call.pk}/", f"/calls/{call.pk}/box/", "/calls/callbacks/"):
        assert "Тайная" not in seen_by(anna, url)
    answer = phone_client(anna).get(f"/api/v1/calls/{call.pk}/").json()
    assert (answer["company"], answer["company_name"]) == (None, "")
    assert "Номер ведёт другой сотрудник" in seen_by(anna, f"/calls/{call.pk}/")
    assert "Тайная" in seen_by(clara, "/calls/")
    # «Передать»: Boris is asked, Anna does not learn who it is; once
    assert post(anna, f"/calls/{call.pk}/hand/") == post(anna, f"/calls/{call.pk}/hand/") == 302
    row = CallBack.objects.get()
    assert (row.assignee, row.handed_by, row.is_open) == (boris, anna, True)
    assert Notification.objects.filter(user=boris).count() == 1
    assert "Тайная" in seen_by(boris, "/calls/callbacks/")
    assert post(boris, f"/calls/callbacks/{row.pk}/close/", reason="lunch") == 422
    assert post(boris, f"/calls/callbacks/{row.pk}/close/", reason="by_mail") == 302
    row.refresh_from_db()
    assert (row.state, row.dropped_by) == ("closed", boris)
    assert "решено письмом" in seen_by(boris, "/calls/callbacks/?show=over")


def test_private_call_is_nowhere_and_comes_back(anna: User, clara: User) -> None:
    tell(anna, "missed")
    call = CallRequest.objects.get()
    assert CallBack.objects.count() == 1 and Notification.objects.filter(user=anna).exists()
    assert post(clara, f"/calls/{call.pk}/private/") == 404
    assert post(anna, f"/calls/{call.pk}/private/") == 302
    call.refresh_from_db()
    assert (call.is_private, call.phone_e164, call.phone_raw, call.number_key, call.is_counted) == (
        True, "", "", None, False,
    )  # fmt: skip
    assert not CallBack.objects.exists() and not Notification.objects.filter(user=anna).exists()
    assert "личных: 1" in seen_by(clara, "/calls/") and str(call.pk) not in seen_by(clara, "/calls/")
    # the phone corrects its report: still private, still one row
    tell(anna, "missed", event_id=call.event_id, attempts_count=2)
    assert CallRequest.objects.get().is_private
    assert post(anna, f"/calls/{call.pk}/private/undo/") == 302
    call.refresh_from_db()
    assert (call.phone_e164, call.is_counted) == ("+73430001234", True) and CallBack.objects.count() == 1


def test_private_refuses_clicks_known_numbers_and_old_calls(anna: User) -> None:
    tell(anna, "missed", ago=timedelta(hours=25), phone="+7 343 000-55-55")
    old = CallRequest.objects.get()
    card("Север", anna)
    tell(anna, "connected")
    known, clicked = CallRequest.objects.latest("created_at"), click(anna, phone="+7 343 000-66-66")
    for call, code in ((old, "too_late"), (known, "not_private"), (clicked, "not_private")):
        answer = phone_client(anna).post(f"/api/v1/calls/{call.pk}/private/", {"private": True}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_number_of_a_private_call_is_forgotten_after_a_day(anna: User) -> None:
    tell(anna, "missed")
    call = CallRequest.objects.get()
    post(anna, f"/calls/{call.pk}/private/")
    assert forget_private_numbers() == 0
    CallRequest.objects.update(private_at=timezone.now() - timedelta(hours=25))
    assert forget_private_numbers() == 1 and forget_private_numbers() == 0
    assert CallReport.objects.get().body["phone"] == ""
    assert post(anna, f"/calls/{call.pk}/private/undo/") == 404


def test_company_from_an_unknown_call(anna: User) -> None:
    tell(anna, "missed")
    call = CallRequest.objects.get()
    url = f"/companies/new/?phone=%2B73430001234&call={call.pk}"
    assert 'value="+73430001234"' in seen_by(anna, url)
    assert post(anna, url, name="Новый лес", phone="+73430001234", lead_state="cold") == 302
    call.refresh_from_db()
    assert call.company is not None and call.company.name == "Новый лес"
    assert "Новый лес" in seen_by(anna, "/calls/callbacks/") and seen_by(anna, "/calls/callbacks/count/") == "1"


@pytest.mark.parametrize("phone", ["8 343 1;8 343 2", "ГОРОД", "+", "0" * 500])
def test_odd_numbers_are_kept_and_match_nobody(anna: User, phone: str) -> None:
    tell(anna, "missed", phone=phone)
    call = CallRequest.objects.get()
    assert call.company is None and call.phone_raw == phone[:64]
    seen_by(anna, f"/calls/{call.pk}/")
    seen_by(anna, "/calls/callbacks/")


def test_a_call_that_is_told_late_stands_where_it_was_made(anna: User) -> None:
    now = timezone.now()
    for ago, name in ((timedelta(hours=1), "e1"), (timedelta(days=3), "e2"), (timedelta(days=99), "e3")):
        body = {
            "call_status": "missed",
            "direction": "incoming",
            "phone": "+73430005555",
            "event_id": name,
            "call_started_at": (now - ago).isoformat(),
        }
        assert phone_client(anna).post("/api/phone/calls/update/", body, format="json").status_code == 200
    listed = [call.event_id for call in visible_calls(anna)]
    # what cannot be is counted as of now
    assert listed == ["e3", "e1", "e2"]
