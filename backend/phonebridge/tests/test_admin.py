"""Administrator's tables of phones and calls."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.doors import enter, renew
from audit.models import AuditLog
from phonebridge.models import PhoneDevice
from phonebridge.services import devices
from phonebridge.tests.fixtures import click, device_of, phone_client

pytestmark = pytest.mark.django_db
PHONES, CALLS = "/admin/phonebridge/phonedevice/", "/admin/phonebridge/callrequest/"


@pytest.fixture
def admin_client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_a_phone_is_switched_off_with_its_entry(admin_client: Client, ada: User, anna: User) -> None:
    phone, other = device_of(anna, "d-1"), device_of(anna, "d-2")
    hers, others = enter(device_id="d-1"), enter(device_id="d-2")
    body = {"action": "revoke", "_selected_action": [phone.pk]}
    assert "Отключено телефонов: 1." in admin_client.post(PHONES, body, follow=True).text
    assert "Отключено телефонов: 0." in admin_client.post(PHONES, body, follow=True).text
    phone.refresh_from_db()
    assert phone.revoked_at is not None
    assert renew(hers["refresh"]).status_code == 401
    assert renew(others["refresh"]).status_code == 200
    click(anna)
    assert phone_client(anna).get("/api/phone/calls/pull/?device_id=d-1").status_code == 204
    assert phone_client(anna).get("/api/phone/calls/pull/?device_id=d-2").status_code == 200
    assert PhoneDevice.objects.usable().get() == other
    row = AuditLog.objects.get(entity_type="phone_device")
    assert (row.actor, row.entity_id) == (ada, str(phone.pk))


def test_switching_off_leaves_the_phone_of_another_person_with_the_same_name(anna: User, boris: User) -> None:
    mine, his = device_of(anna, "d-1"), device_of(boris, "d-1")
    entered = enter("boris", device_id="d-1")
    assert devices.revoke(device=mine)
    his.refresh_from_db()
    assert his.revoked_at is None
    assert renew(entered["refresh"]).status_code == 200


def test_calls_are_found_by_id_number_and_name_and_only_read(admin_client: Client, anna: User, boris: User) -> None:
    call, other = click(anna), click(boris, "+7 343 000-99-99")
    phone_client(anna).post(
        "/api/phone/calls/update/", {"call_request_id": str(call.pk), "call_status": "busy"}, format="json"
    )
    for query in (str(call.pk), "+73430001234", "Зайцева"):
        page = admin_client.get(CALLS, {"q": query}).text
        assert (str(call.pk) in page, str(other.pk) in page) == (True, False), query
    assert "busy" in admin_client.get(f"{CALLS}{call.pk}/change/").text
    assert admin_client.post(f"{CALLS}{call.pk}/change/", {"note": "x"}).status_code == 403
    assert admin_client.post(f"{CALLS}{call.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("query", ["\x00", "x" * 10_000, "'", "%", "\\"])
def test_strange_searches_are_no_500(admin_client: Client, anna: User, query: str) -> None:
    click(anna)
    for url in (PHONES, CALLS, "/admin/audit/auditlog/", "/admin/accounts/user/"):
        assert admin_client.get(url, {"q": query}).status_code in {200, 302, 400}
