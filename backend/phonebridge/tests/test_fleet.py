"""Phones from afar: probes, logs, log-out, what is wrong with them, who hears of silence (W-12, W-13, P-17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client as Http
from django.utils import timezone

from accounts import tokens
from accounts.models import Branch, BranchDay, User
from common.tests.sockets import stop_loops
from notifications.models import Notification
from notifications.tests.test_browser_socket import page
from phonebridge.enums import Delivery
from phonebridge.models import CallRequest, DeadLetter, PhoneDevice, PhoneTelemetry
from phonebridge.selectors.fleet import describe, fleet_of, percentiles
from phonebridge.services import dead_letters, devices, fleet, results
from phonebridge.tests.fixtures import click, device_of, phone_client
from phonebridge.tests.test_phone_socket import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def working(branch_ekb: Branch) -> Branch:
    """The branch works around the clock, today as well."""
    branch_ekb.opens_at = branch_ekb.closes_at
    branch_ekb.save()
    now = timezone.now()
    for n in (-1, 0, 1):
        BranchDay.objects.create(branch=branch_ekb, on=(now + timedelta(days=n)).date(), is_working=True)
    return branch_ekb


def errors_of(phone: PhoneDevice, viewer: User) -> tuple[str, ...]:
    return next(one.errors for one in describe(fleet_of(viewer), timezone.now()) if one.device.pk == phone.pk)


def test_what_is_wrong_with_a_phone(anna: User, boris: User, ada: User, working: Branch) -> None:
    phone = device_of(anna)
    assert errors_of(phone, ada) == ()
    items = [{"type": "error", "endpoint": "/api/phone/calls/pull/", "http_code": 401}] * 5
    devices.record_telemetry(device=phone, items=[*items, {"type": "auth", "endpoint": "/api/token/refresh/"}])
    devices.record_telemetry(device=phone, items=[{"type": "error", "http_code": None}] * 3)
    devices.heartbeat(device=phone, body={"queue_stuck": True, "permissions": {"call_log": False}})
    device_of(boris)  # the same number of a device with another person
    assert errors_of(phone, ada) == ("auth", "refresh", "stuck", "network", "shared", "permissions")
    PhoneDevice.objects.filter(pk=phone.pk).update(
        last_heartbeat_at=None, last_seen_at=timezone.now() - timedelta(minutes=14), queue_stuck=False, permissions={}
    )
    assert "silent" in errors_of(phone, ada)


def test_the_heads_are_told_once_of_a_silence(anna: User, clara: User, dan: User, working: Branch) -> None:
    phone = device_of(anna)
    PhoneDevice.objects.update(last_seen_at=timezone.now() - timedelta(minutes=9))
    assert fleet.tell_of_silence() == 0
    PhoneDevice.objects.update(last_seen_at=timezone.now() - timedelta(minutes=11))
    assert fleet.tell_of_silence() == 1
    assert fleet.tell_of_silence() == 0
    assert [bell.user for bell in Notification.objects.all()] == [clara]
    BranchDay.objects.update(is_working=False)
    PhoneDevice.objects.filter(pk=phone.pk).update(last_seen_at=timezone.now() - timedelta(minutes=20))
    assert fleet.tell_of_silence() == 0


def test_a_head_sees_presence_of_the_branch_alone(clara: User, anna: User, dan: User) -> None:
    mine, other = device_of(anna), device_of(dan)
    PhoneTelemetry.objects.create(device=mine, endpoint="/api/secret/", value_ms=5)
    http = Http()
    http.force_login(clara)
    text = http.get("/settings/mobile/overview/").content.decode()
    assert anna.label in text
    assert dan.label not in text
    assert "/api/secret/" not in text
    for path in (f"device/{mine.pk}/", f"device/{other.pk}/", "letters/", "builds/"):
        assert http.get(f"/settings/mobile/{path}").status_code == 404


def test_percentiles_of_a_day(anna: User, ada: User) -> None:
    phone = device_of(anna)
    devices.record_telemetry(
        device=phone,
        items=[{"type": "latency", "endpoint": "/a", "value_ms": n, "http_code": 200} for n in range(101)],
    )
    (row,) = percentiles(phone)
    assert (row["n"], row["p50"], row["failed"]) == (100, 49.5, 0)
    http = Http()
    http.force_login(ada)
    text = http.get(f"/settings/mobile/device/{phone.pk}/").content.decode()
    assert "None" not in text
    assert http.post(f"/settings/mobile/device/{phone.pk}/logs/").status_code == 302
    assert http.post(f"/settings/mobile/device/{phone.pk}/probe/").status_code == 409
    assert http.post(f"/settings/mobile/device/{phone.pk}/nonsense/").status_code == 404


def test_a_letter_is_attached_made_or_discarded(anna: User, ada: User) -> None:
    http = Http()
    http.force_login(anna)
    body = {"call_request_id": "00000000-0000-7000-8000-000000000001", "call_status": "connected"}
    for n in range(2):
        http.post("/api/phone/calls/update/", {**body, "call_duration_seconds": n}, content_type="application/json")
    first, second = DeadLetter.objects.order_by("pk")
    http.force_login(ada)
    assert "Разобрать" in http.get("/settings/mobile/letters/").content.decode()
    url = f"/settings/mobile/letters/{first.pk}/"
    for bad in ({"what": "attach", "call": "x"}, {"what": "attach"}, {"what": "discard", "reason": "?"}):
        assert http.post(url, bad).status_code == 422
    assert http.post(url, {"what": "discard", "reason": "повтор отчёта"}).status_code == 302
    assert http.post(f"/settings/mobile/letters/{second.pk}/", {"what": "make"}).status_code == 302
    assert DeadLetter.objects.filter(resolved_at=None).count() == 0


@pytest.fixture
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_loops")
async def test_a_probe_is_answered_by_that_phone_and_measured(anna: User, ada: User) -> None:
    socket = await enter(anna)
    phone = await sync_to_async(PhoneDevice.objects.get)(user=anna)
    admin = await page(ada, "fleet.all")
    number = await sync_to_async(fleet.probe)(device=phone, actor=ada)
    asked = await socket.next("probe")
    assert asked["id"] == number
    await socket.say(type="pong", id=asked["id"])
    answer = await admin.next("probed")
    assert (answer["device"], answer["id"]) == (phone.pk, number)
    assert 0 <= answer["rtt_ms"] < 60_000
    await sync_to_async(fleet.want_logs)(device=phone, actor=ada)
    wanted = await socket.next("want_logs")
    body = {"source": f"want_logs:{wanted['id']}", "payload": "звонок +79001234567"}
    bundle = await sync_to_async(devices.record_logs)(user=anna, device=phone, body=body)
    assert "79001234567" not in bundle.payload
    assert (await admin.next("phone_logs"))["device"] == phone.pk
    await sync_to_async(fleet.log_out)(device=phone, actor=ada)
    await socket.next("logout")
    assert await socket.closed() == 4001


def test_a_log_out_ends_a_log_in_that_named_no_phone(anna: User, ada: User) -> None:
    phone, client = device_of(anna), phone_client(anna)
    assert client.get("/api/phone/user/info/").status_code == 200
    fleet.log_out(device=phone, actor=ada)
    assert client.get("/api/phone/user/info/").status_code == 401


def test_a_log_in_of_another_phone_goes_on(anna: User, ada: User) -> None:
    phone = device_of(anna)
    own = tokens.issue_pair(anna, rotating=True, device_id=phone.device_id)
    client = phone_client(anna)
    fleet.log_out(device=phone, actor=ada)
    assert client.get("/api/phone/user/info/").status_code == 200
    with pytest.raises(tokens.InvalidToken):
        tokens.refresh_pair(own.refresh)


def test_what_a_phone_says_of_itself_breaks_no_page(anna: User, ada: User) -> None:
    phone = device_of(anna)
    said = {"x": [1], "call_log": True, "notify": "спрошено", "y" * 99: {"a": 1}}
    devices.heartbeat(device=phone, body={"permissions": said})
    phone.refresh_from_db()
    assert phone.permissions == {"call_log": True, "notify": "спрошено"}
    PhoneDevice.objects.filter(pk=phone.pk).update(permissions={"old": [1], "call_log": False})
    http = Http()
    http.force_login(ada)
    page = http.get(f"/settings/mobile/device/{phone.pk}/")
    assert page.status_code == 200
    assert "call_log: нет" in page.text


def test_a_head_finds_no_phone_by_what_is_hidden(anna: User, clara: User, ada: User) -> None:
    devices.heartbeat(device=device_of(anna), body={"queue_stuck": True})
    for viewer, expected in ((clara, 0), (ada, 1)):
        http = Http()
        http.force_login(viewer)
        assert len(http.get("/settings/mobile/overview/table/?error=stuck").context["lines"]) == expected


def test_a_log_is_cut_by_bytes_at_a_word_and_masked_everywhere(anna: User) -> None:
    number = "+79123456789"
    payload = number + " " + "ж" * (devices.MAX_LOG // 2) + f" {number}"
    body = {"payload": payload, "level_summary": f"E: {number}", "source": f"manual {number}"}
    kept = devices.record_logs(user=anna, device=None, body=body)
    assert kept.is_cut
    assert len(kept.payload.encode()) <= devices.MAX_LOG
    for text in (kept.payload, kept.level_summary, kept.source):
        assert "23456789" not in text


def test_a_report_counts_for_no_call_of_somebody_else(anna: User, boris: User, ada: User) -> None:
    results.record_report(user=anna, body={"call_status": "connected"}, transport=Delivery.WS)
    letter = DeadLetter.objects.get()
    theirs = click_of(boris)
    with pytest.raises(dead_letters.NotTheirCall):
        dead_letters.attach(letter=letter, call=theirs, actor=ada)
    letter.refresh_from_db()
    assert letter.resolved_at is None


def click_of(user: User) -> CallRequest:
    device_of(user)
    return click(user)
