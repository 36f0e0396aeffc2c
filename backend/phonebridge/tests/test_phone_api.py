"""REST of phones: the poll, states, refusals, registration, telemetry, logs, QR (seed §3.3.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import User
from phonebridge.models import MobileAppQrToken, PhoneDevice, PhoneLogBundle, PhoneTelemetry
from phonebridge.selectors import presence_of
from phonebridge.services import clicks, delivery, devices
from phonebridge.tests.fixtures import E164, age, click, device_of, phone_client

pytestmark = pytest.mark.django_db
PULL = "/api/phone/calls/pull/?device_id=old-1"


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    cache.clear()


def test_legacy_poll_gets_204_then_id_and_phone_then_204(anna: User) -> None:
    phone = phone_client(anna)
    empty = phone.get(PULL)
    assert (empty.status_code, empty.content, empty["Cache-Control"]) == (204, b"", "no-store")
    call = click(anna)
    answer = phone.get(PULL)
    assert (answer.status_code, answer.json()) == (200, {"id": str(call.pk), "phone": E164})
    assert phone.get(PULL).status_code == 204
    call.refresh_from_db()
    assert (call.status, call.delivery, str(call.device)) == ("delivered", "legacy", "old-1")


def test_token_of_one_phone_fetches_nothing_for_another(anna: User) -> None:
    """A phone that was taken out may not come back under another number."""
    pair = tokens.issue_pair(anna, device_id="phone-1", rotating=True)
    thief = APIClient(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    click(anna)
    answer = thief.get(PULL)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
    assert not PhoneDevice.objects.filter(user=anna, device_id="old-1").exists()


def test_ended_log_in_opens_nothing_at_once(anna: User) -> None:
    """Log-out, and a phone that was taken out: the access token dies with the refresh token."""
    pair = tokens.issue_pair(anna, device_id="phone-1", rotating=True)
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    poll = "/api/phone/calls/pull/?device_id=phone-1"
    assert phone.get(poll).status_code == 204
    devices.revoke(device=device_of(anna))
    click(anna)
    assert phone.get(poll).status_code == 401
    assert phone.get("/api/phone/user/info/").status_code == 401


def test_log_out_without_the_refresh_token_ends_the_log_in(anna: User) -> None:
    pair = tokens.issue_pair(anna, device_id="phone-1", rotating=True)
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert phone.post("/api/phone/logout/", {}, format="json").json() == {"ok": True}
    assert phone.get("/api/phone/user/info/").status_code == 401
    with pytest.raises(tokens.InvalidToken):
        tokens.refresh_pair(pair.refresh)


def test_another_phone_does_not_refuse_a_call_that_was_granted(anna: User) -> None:
    holder, call = device_of(anna, "holder"), click(anna)
    pair = tokens.issue_pair(anna, device_id=device_of(anna, "other").device_id, rotating=True)
    other = APIClient(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert isinstance(delivery.claim(call_id=call.pk, device=holder), delivery.Grant)
    body = {"call_request_id": str(call.pk), "reason": "busy"}
    for named in ({}, {"device_id": "holder"}):
        assert other.post("/api/phone/calls/reject/", body | named, format="json").json() == {"ok": False}
    call.refresh_from_db()
    assert call.status == "delivered"


def test_head_claims_nothing(anna: User) -> None:
    call = click(anna)
    assert phone_client(anna).head(PULL).status_code == 405
    call.refresh_from_db()
    assert call.status == "pending"


def test_phone_that_was_taken_out_is_granted_nothing(anna: User) -> None:
    """Its socket may still be open for a moment; the claim itself refuses."""
    phone, call = device_of(anna), click(anna)
    devices.revoke(device=phone)
    answer = delivery.claim(call_id=call.pk, device=phone)
    assert isinstance(answer, delivery.Refusal)
    call.refresh_from_db()
    assert call.status == "pending"


def test_new_client_that_polls_gets_a_lease_and_tells_its_states(anna: User) -> None:
    phone = phone_client(anna, protocol=True)
    call = click(anna)
    command = phone.get(PULL).json()
    assert command["dial_within_ms"] == 5000
    state = {"call_request_id": command["id"], "lease": command["lease"], "phase": "dialing"}
    assert phone.post("/api/phone/calls/state/", state, format="json").json() == {"revoked": False}
    call.refresh_from_db()
    assert (call.status, call.live_phase, call.delivery) == ("consumed", "dialing", "poll")


def test_new_client_hears_that_the_call_was_cancelled(anna: User) -> None:
    phone = phone_client(anna, protocol=True)
    call = click(anna)
    command = phone.get(PULL).json()
    clicks.cancel_call(actor=anna, call=call)
    state = {"call_request_id": command["id"], "lease": command["lease"], "phase": "received"}
    assert phone.post("/api/phone/calls/state/", state, format="json").json() == {"revoked": True}
    refuse = {"call_request_id": command["id"], "reason": "stale"}
    assert phone.post("/api/phone/calls/reject/", refuse, format="json").json() == {"ok": True}
    call.refresh_from_db()
    assert (call.status, call.reason) == ("cancelled", "not_dialled")


def test_lost_answer_is_served_again_to_a_client_that_dedupes(anna: User) -> None:
    phone = phone_client(anna, protocol=True)
    call = click(anna)
    first = phone.get(f"{PULL}&dedupe=1").json()
    assert phone.get(f"{PULL}&dedupe=1").json() == first
    age(call, claimed_at=timedelta(seconds=11))
    assert phone.get(f"{PULL}&dedupe=1").status_code == 204


def test_another_installation_of_the_same_device_number_is_not_served_the_repeat(anna: User) -> None:
    phone = phone_client(anna, protocol=True)
    click(anna)
    first = phone.get(f"{PULL}&dedupe=1&instance=i1")
    assert first.status_code == 200
    assert [phone.get(f"{PULL}&dedupe=1&instance={name}").status_code for name in ("i2", "")] == [204, 204]
    assert phone.get(f"{PULL}&dedupe=1").status_code == 204
    assert phone.get(f"{PULL}&dedupe=1&instance=i1").json() == first.json()


def test_legacy_poll_leaves_three_seconds_to_a_live_websocket_phone(anna: User) -> None:
    from common.ids import uuid7
    from phonebridge.services import upkeep

    process = uuid7()
    upkeep.beat(process, "here", 1)
    device_of(anna, "new")
    devices.connect(
        user_id=anna.pk,
        epoch=anna.auth_epoch,
        hello=devices.Hello("new"),
        connection_id=uuid7(),
        process_id=process,
    )
    call = click(anna)
    assert phone_client(anna).get(PULL).status_code == 204
    age(call, created_at=timedelta(seconds=4))
    assert phone_client(anna).get(PULL).status_code == 200


def test_second_poll_of_one_device_at_once_gets_204(anna: User) -> None:
    click(anna)
    cache.add(f"pull:{anna.pk}:old-1", 1, timeout=5)
    assert phone_client(anna).get(PULL).status_code == 204
    cache.delete(f"pull:{anna.pk}:old-1")
    assert phone_client(anna).get(PULL).status_code == 200


def test_pace_is_per_person_and_device_and_says_when_to_come_back(anna: User, boris: User) -> None:
    phone = phone_client(anna)
    codes = [phone.get(PULL).status_code for _ in range(181)]
    assert codes.count(429) >= 1 or codes == [204] * 181
    if 429 in codes:
        answer = phone.get(PULL)
        assert int(answer["Retry-After"]) <= 60
    assert phone.get("/api/phone/calls/pull/?device_id=second").status_code == 204
    assert phone_client(boris).get(PULL).status_code == 204


def test_poll_makes_the_phone_present_and_writes_seldom(anna: User, django_assert_max_num_queries: Any) -> None:
    phone = phone_client(anna)
    phone.get(PULL)
    assert presence_of([anna.pk])[anna.pk].text.startswith("опрос · ")
    with django_assert_max_num_queries(2):
        assert phone.get(PULL).status_code == 204


def test_revoked_phone_gets_nothing(anna: User) -> None:
    phone = phone_client(anna)
    phone.get(PULL)
    revoked = PhoneDevice.objects.select_related("user").get()
    devices.revoke(device=revoked)
    click(anna)
    # nobody said whose log-in this was: it ends with the phone, under whatever name it comes again
    assert phone.get(PULL).status_code == 401
    assert phone.get("/api/phone/calls/pull/?device_id=another").status_code == 401
    # a log-in of another phone says nothing for this one
    other = phone_client(anna)
    assert other.get(PULL).status_code == 204
    assert other.post("/api/phone/devices/register/", {"device_id": "old-1"}, format="json").status_code == 403


@pytest.mark.parametrize("device_id", ["", None, 5, "x" * 65, ["a"], "\x00"])
def test_odd_device_ids_never_break(anna: User, device_id: Any) -> None:
    phone = phone_client(anna)
    code = phone.post("/api/phone/devices/register/", {"device_id": device_id}, format="json").status_code
    assert code in {200, 400}
    answer = phone.get("/api/phone/calls/pull/", {"device_id": str(device_id)})
    assert answer.status_code == 204 or (answer.status_code, answer.json()["code"]) == (400, "bad_device")


def test_register_is_an_upsert_with_a_limit(anna: User) -> None:
    phone = phone_client(anna)
    for name in ("Honor", "Honor 90"):
        body = {"device_id": "d", "device_name": name}
        assert phone.post("/api/phone/devices/register/", body, format="json").status_code == 200
    assert PhoneDevice.objects.get().device_name == "Honor 90"
    codes = [
        phone.post("/api/phone/devices/register/", {"device_id": f"d{n}"}, format="json").status_code
        for n in range(11)
    ]
    assert codes.count(200) == 9
    assert codes[-1] == 409


def test_heartbeat_reads_what_it_knows_and_forgives_the_rest(anna: User) -> None:
    body = {
        "device_id": "old-1",
        "app_version": "1.9",
        "queue_stuck": True,
        "stuck_count": 4,
        "oldest_stuck_age_sec": 900,
        "stuck_by_type": {"call_update": 4},
        "last_poll_code": 401,
        "encryption_enabled": False,
        "battery": 250,
        "sims": {"no": "list"},
        "future_field": [1],
    }
    assert phone_client(anna).post("/api/phone/devices/heartbeat/", body, format="json").status_code == 200
    device = PhoneDevice.objects.get()
    assert (device.queue_stuck, device.stuck_count, device.last_error_code) == (True, 4, "401")
    assert (device.battery_percent, device.sims, device.encryption_enabled) == (None, [], False)


def test_telemetry_takes_the_first_hundred_and_an_empty_list(anna: User) -> None:
    phone = phone_client(anna)
    device_of(anna, "old-1")
    items = [{"type": "latency", "endpoint": "/pull", "value_ms": n, "extra": {"n": n}} for n in range(150)]
    for body, stored in (
        ({"items": []}, 0),
        ({}, 0),
        ({"items": items}, 100),
        ({"items": ["x", None, {"type": 5}]}, 1),
    ):
        answer = phone.post("/api/phone/telemetry/", {"device_id": "old-1", **body}, format="json")
        assert (answer.status_code, answer.json()["stored"]) == (200, stored)
    assert PhoneTelemetry.objects.filter(type="latency").count() == 100


def test_logs_are_cut_and_masked(anna: User) -> None:
    payload = "x" * 60_000 + " Bearer abc.def.ghi звонок на +79221234567"
    body = {"device_id": "old-1", "payload": payload, "level_summary": "ERROR"}
    assert phone_client(anna).post("/api/phone/logs/", body, format="json").status_code == 200
    bundle = PhoneLogBundle.objects.get()
    assert bundle.is_cut
    assert "79221234567" not in bundle.payload
    assert "abc.def" not in bundle.payload


def test_qr_is_one_time_and_stored_as_a_hash_only(anna: User) -> None:
    made = phone_client(anna).post("/api/phone/qr/create/").json()
    assert MobileAppQrToken.objects.filter(token_hash=made["token"]).count() == 0
    from rest_framework.test import APIClient

    public = APIClient()
    answer = public.post("/api/phone/qr/exchange/", {"token": made["token"], "device_id": "d"}, format="json")
    assert (answer.status_code, answer.json()["username"], answer.json()["is_admin"]) == (200, "anna", False)
    assert answer.json()["access"]
    again = public.post("/api/phone/qr/exchange/", {"token": made["token"]}, format="json")
    assert again.status_code == 400
    assert again.json()["detail"]
    assert phone_client(anna).post("/api/phone/qr/create/").status_code == 429


def test_expired_qr_opens_nothing(anna: User) -> None:
    made = phone_client(anna).post("/api/phone/qr/create/").json()
    MobileAppQrToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    from rest_framework.test import APIClient

    answer = APIClient().post("/api/phone/qr/exchange/", {"token": made["token"]}, format="json")
    assert answer.status_code == 400


def test_log_out_everywhere_ends_the_token(anna: User) -> None:
    phone = phone_client(anna)
    assert phone.get("/api/phone/user/info/").json()["username"] == "anna"
    assert phone.post("/api/phone/logout/all/").status_code == 200
    assert phone.get("/api/phone/user/info/").status_code == 401


def test_polls_are_counted_for_whoever_has_the_token(anna: User, settings: LazySettings) -> None:
    phone, http = phone_client(anna), Client()
    assert http.get("/health/metrics").status_code == 404
    settings.METRICS_TOKEN = "figures"
    assert http.get("/health/metrics", headers={"Authorization": "Bearer guess"}).status_code == 404

    def figures() -> dict[str, float]:
        said = http.get("/health/metrics", headers={"Authorization": "Bearer figures"})
        assert said.status_code == 200
        lines = [line.rsplit(" ", 1) for line in said.text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    before = figures()
    for _ in range(3):
        assert phone.get(PULL).status_code == 204
    assert http.get(PULL).status_code == 401
    after = figures()
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown['crm_phone_poll_answers_total{status="204"}'] == 3
    assert grown['crm_phone_poll_answers_total{status="401"}'] == 1
    assert grown["crm_phone_poll_seconds_count"] == grown['crm_phone_poll_seconds_bucket{le="+Inf"}'] == 4
    assert grown["crm_phone_poll_seconds_sum"] > 0
