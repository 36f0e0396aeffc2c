"""Phones that poll: what the legacy dialer does in the field, and what a new client adds."""

from dialer.tests.conftest import Start
from dialer.tests.fake_server import FakeServer

PULL = "/api/phone/calls/pull/"
UPDATE = "/api/phone/calls/update/"


async def test_legacy_dialer_sends_four_fields(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+70005550101"}))
    phone = start(transport="poll", once=True)
    headers, login = await server.asked("/api/token/")
    assert "x-crm-protocol" not in headers and login == {"username": "anna", "password": "p"}
    _, body = await server.asked(UPDATE)
    assert set(body) == {"call_request_id", "call_status", "call_started_at", "call_duration_seconds"}
    assert await phone.task == 0


async def test_legacy_dialer_leaves_out_a_zero_duration(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+70005550101"}))
    start({"defaults": {"outcome": "busy"}}, transport="poll")
    _, body = await server.asked(UPDATE)
    assert set(body) == {"call_request_id", "call_status", "call_started_at"}


async def test_legacy_dialer_ignores_a_blank_phone(server: FakeServer, start: Start) -> None:
    server.answers[PULL].extend([(200, {"id": "c1", "phone": ""}), (200, {"id": "c2", "phone": "+70005550101"})])
    phone = start(transport="poll")
    await server.asked(UPDATE)
    assert [event["call_id"] for event in phone.events("dialing")] == ["c2"]


async def test_legacy_dialer_keeps_its_refresh_token_for_life(server: FakeServer, start: Start) -> None:
    server.answers[PULL].extend([(401, {}), (204, None), (401, {})])
    start(transport="poll")
    for _ in range(2):
        _, body = await server.asked("/api/token/refresh/")
        assert body == {"refresh": "refresh1"}


async def test_legacy_dialer_loses_a_result_on_any_4xx(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+70005550101"}))
    server.answers[UPDATE].append((429, {}))
    phone = start(transport="poll")
    assert (await phone.event("dropped"))["code"] == 429
    assert phone.fleet.runners[0].device.journal.results == {}


async def test_legacy_dialer_queues_on_5xx(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+70005550101"}))
    server.answers[UPDATE].append((503, {}))
    phone = start(transport="poll")
    assert (await phone.event("queued"))["code"] == 503
    device = phone.fleet.runners[0].device
    assert len(device.journal.results) == 1
    assert device.link is not None
    await device.link.flush(full=True)  # type: ignore[attr-defined]
    assert device.journal.results == {}


async def test_extended_report_on_request(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+70005550101"}))
    start({"calls": [{"outcome": "connected"}]}, transport="poll", legacy_extended=True)
    _, body = await server.asked(UPDATE)
    assert body["call_request_id"] == "c1" and "report_id" not in body


async def test_new_client_on_polling_tells_phases_and_report_id(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+7", "lease": "l1", "dial_within_ms": 5000}))
    start(transport="poll-new")
    for phase in ("received", "dialing", "talking", "ended"):
        _, body = await server.asked("/api/phone/calls/state/")
        assert (body["call_request_id"], body["phase"], body["lease"]) == ("c1", phase, "l1")
    _, body = await server.asked(UPDATE)
    assert body["report_id"] and body["sent_at"] and body["action_source"] == "crm_ui"


async def test_new_client_that_is_revoked_before_dialling_rejects(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+7", "lease": "l1", "dial_within_ms": 5000}))
    server.answers["/api/phone/calls/state/"].append((200, {"revoked": True}))
    phone = start({"defaults": {"dial_delay_s": 0.5}}, transport="poll-new")
    _, body = await server.asked("/api/phone/calls/reject/")
    assert body == {"call_request_id": "c1", "reason": "stale"}
    assert phone.events("dialing") == []


async def test_new_client_never_drops_a_result(server: FakeServer, start: Start) -> None:
    server.answers[PULL].append((200, {"id": "c1", "phone": "+7", "lease": "l1", "dial_within_ms": 5000}))
    server.answers[UPDATE].append((400, {}))
    phone = start(transport="poll-new")
    await phone.event("report_failed")
    assert len(phone.fleet.runners[0].device.journal.results) == 1


async def test_heartbeat_and_telemetry_are_posted(server: FakeServer, start: Start) -> None:
    start(transport="poll", heartbeat_s=0.05)
    _, body = await server.asked("/api/phone/devices/heartbeat/")
    assert body["device_id"] and "battery" not in body
    _, body = await server.asked("/api/phone/telemetry/")
    assert isinstance(body["items"], list)
