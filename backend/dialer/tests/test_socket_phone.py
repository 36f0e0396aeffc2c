"""A phone on the WebSocket against a server that plays the protocol."""

import time

import pytest

from dialer.protocol import iso
from dialer.tests.conftest import Start
from dialer.tests.fake_server import FakeServer

NUMBER = "+70005550101"


async def test_call_goes_from_offer_to_acknowledged_result(server: FakeServer, start: Start) -> None:
    phone = start(once=True)
    _, login = await server.asked("/api/token/")
    assert login == {"username": "anna", "password": "p", "device_id": login["device_id"]}
    wire = await server.wire()
    await wire.offer("c1")
    received = await wire.expect("state", call_id="c1", phase="received")
    assert "lease" not in received
    await wire.expect("claim", call_id="c1")
    await wire.go("c1")
    for phase in ("dialing", "talking", "ended"):
        await wire.expect("state", call_id="c1", phase=phase, lease="lease-c1")
    report = await wire.expect("report", call_request_id="c1", call_status="connected", direction="outgoing")
    assert report["call_started_at"].endswith("Z") and report["call_duration_seconds"] >= 1
    assert not phone.task.done()
    await wire.send("ack", report_id=report["report_id"])
    assert await phone.task == 0


async def test_new_client_says_so_on_token_requests(server: FakeServer, start: Start) -> None:
    start()
    headers, _ = await server.asked("/api/token/")
    assert headers["x-crm-protocol"] == "1"
    headers, body = await server.asked("/api/phone/devices/register/")
    assert headers["authorization"] == "Bearer access1" and set(body) == {"device_id", "device_name"}


async def test_revoked_before_dialling_is_rejected_as_stale(server: FakeServer, start: Start) -> None:
    phone = start({"defaults": {"dial_delay_s": 0.3}})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.send("revoke", call_id="c1", reason="cancelled")
    await wire.expect("reject", call_id="c1", reason="stale")
    assert phone.events("dialing") == []


async def test_revoke_after_dialling_does_not_stop_the_call(server: FakeServer, start: Start) -> None:
    start({"defaults": {"ring_s": 0.2}})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("state", phase="dialing")
    await wire.send("revoke", call_id="c1", reason="cancelled")
    await wire.expect("report", call_request_id="c1")


async def test_go_held_back_by_doze_is_void(server: FakeServer, start: Start) -> None:
    phone = start({"calls": [{"fault": {"at": "after_claim", "do": "freeze", "for_s": 0.5}}]})
    wire = await server.wire()
    await wire.offer("c1")
    await wire.expect("claim")
    await wire.go("c1", dial_within_ms=200)
    await wire.expect("reject", call_id="c1", reason="stale")
    assert phone.events("dialing") == []


async def test_second_offer_during_a_call_is_answered_busy(server: FakeServer, start: Start) -> None:
    start({"defaults": {"ring_s": 0.5}})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("state", phase="dialing")
    await wire.offer("c2")
    await wire.expect("reject", call_id="c2", reason="busy")


async def test_repeated_offer_does_not_disturb_the_call(server: FakeServer, start: Start) -> None:
    start({"defaults": {"dial_delay_s": 0.1}})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.offer("c1")
    await wire.expect("report", call_request_id="c1")
    assert wire.said("reject") == []


async def test_refused_claim_frees_the_phone(server: FakeServer, start: Start) -> None:
    start()
    wire = await server.wire()
    await wire.offer("c1")
    await wire.expect("claim", call_id="c1")
    await wire.send("no", call_id="c1", reason="taken")
    await wire.grant("c2")
    await wire.expect("report", call_request_id="c2")


async def test_scripted_refusal_is_sent(server: FakeServer, start: Start) -> None:
    start({"calls": [{"reject": "no_permission"}]})
    wire = await server.wire()
    await wire.offer("c1")
    await wire.expect("reject", call_id="c1", reason="no_permission")
    assert wire.said("claim") == []


async def test_lost_go_is_claimed_again_after_reconnect(server: FakeServer, start: Start) -> None:
    start()
    wire = await server.wire()
    await wire.offer("c1")
    await wire.expect("claim", call_id="c1")
    wire.ws.transport.abort()
    again = await server.wire()
    await again.expect("claim", call_id="c1")
    await again.go("c1")
    await again.expect("report", call_request_id="c1")


async def test_unacknowledged_result_comes_again_with_its_id(server: FakeServer, start: Start) -> None:
    start()
    wire = await server.wire()
    await wire.grant("c1")
    first = await wire.expect("report")
    wire.ws.transport.abort()
    again = await server.wire()
    second = await again.expect("report", report_id=first["report_id"])
    assert second["sent_at"] > first["sent_at"]
    await again.send("ack", report_id=first["report_id"])


async def test_phase_is_repeated_after_reconnect(server: FakeServer, start: Start) -> None:
    start({"defaults": {"ring_s": 1.5}})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("state", phase="dialing")
    wire.ws.transport.abort()
    again = await server.wire()
    await again.expect("state", phase="dialing", call_id="c1", lease="lease-c1")


async def test_crash_after_claim_neither_dials_nor_reports(server: FakeServer, start: Start) -> None:
    crash = {"fault": {"at": "after_claim", "do": "crash", "for_s": 0.05}}
    phone = start({"calls": [crash]}, heartbeat_s=0.1)
    wire = await server.wire()
    await wire.offer("c1")
    await wire.expect("claim")
    again = await server.wire()
    await again.expect("heartbeat")
    assert again.said("claim") == []
    await again.go("c1")
    await again.expect("reject", call_id="c1", reason="stale")
    assert phone.events("dialing") == [] and phone.events("result") == []


async def test_crash_during_the_call_is_reported_as_unknown(server: FakeServer, start: Start) -> None:
    start({"calls": [{"fault": {"at": "talking", "do": "crash", "for_s": 0.05}}]})
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("state", phase="talking")
    again = await server.wire()
    await again.expect("report", call_request_id="c1", call_status="unknown", resolve_method="retry")


async def test_dialled_command_is_never_dialled_again(server: FakeServer, start: Start) -> None:
    phone = start()
    wire = await server.wire()
    await wire.grant("c1")
    await wire.expect("report")
    await wire.offer("c1")
    await wire.send("ping", ts=1)
    await wire.expect("pong", ts=1)
    assert wire.said("claim") == wire.said("reject") == []
    assert len(phone.events("dialing")) == 1


async def test_cut_network_comes_back(server: FakeServer, start: Start) -> None:
    phone = start({"events": [{"at_s": 0.2, "do": "cut", "for_s": 0.1}]})
    wire = await server.wire()
    await wire.closed.wait()
    await server.wire()
    assert phone.events("cut")


async def test_hundred_offline_results_leave_in_bursts_of_sixteen(server: FakeServer, start: Start) -> None:
    phone = start({"events": [{"at_s": 0, "do": "missed", "count": 100}]})
    wire = await server.wire()
    await phone.event("report", 16)
    report = await wire.expect("report", direction="missed")
    assert report["event_id"] and "call_request_id" not in report
    acked = 0
    while acked < 80:
        await wire.send("ack", report_id=report["report_id"])
        acked += 1
        report = await wire.expect("report")
        assert len(wire.said("report")) <= 16


async def test_ping_probe_and_notice_are_answered(server: FakeServer, start: Start) -> None:
    start(heartbeat_s=0.1)
    wire = await server.wire()
    await wire.send("ping", ts=5)
    await wire.expect("pong", ts=5)
    await wire.send("probe", id="p")
    await wire.expect("pong", id="p")
    await wire.send("notice", id=4, title="Пора позвонить", body="", url="/")
    await wire.expect("seen", id=4)
    await wire.expect("heartbeat", app_version="2.0.0-sim")


async def test_token_is_refreshed_before_it_ends(server: FakeServer, start: Start) -> None:
    start()
    wire = await server.wire(token_expires_in_s=0.3)
    _, body = await server.asked("/api/token/refresh/")
    assert body == {"refresh": "refresh1"}
    await wire.expect("refresh", token="access2")
    await wire.send("refreshed", token_expires_in_s=900)
    await wire.send("token_expiring", in_s=10)
    _, body = await server.asked("/api/token/refresh/")
    assert body == {"refresh": "refresh2"}


@pytest.mark.parametrize("code", [4001, 4202])
async def test_refused_token_is_refreshed_once_by_rest(server: FakeServer, start: Start, code: int) -> None:
    start()
    wire = await server.wire()
    await wire.ws.close(code)
    again = await server.wires.get()
    await again.expect("auth", token="access2")


@pytest.mark.parametrize("code", [4003, 4201])
async def test_stop_codes_end_the_phone(server: FakeServer, start: Start, code: int) -> None:
    phone = start()
    wire = await server.wire()
    await wire.ws.close(code)
    assert await phone.task == 3
    assert server.wires.empty()


async def test_token_refused_twice_ends_the_phone(server: FakeServer, start: Start) -> None:
    phone = start()
    await (await server.wires.get()).ws.close(4001)
    await (await server.wires.get()).ws.close(4001)
    assert await phone.task == 3


async def test_refused_refresh_ends_the_phone(server: FakeServer, start: Start) -> None:
    server.answers["/api/token/refresh/"].append((401, {"detail": "Токен отозван."}))
    phone = start()
    wire = await server.wire()
    await wire.ws.close(4202)
    assert await phone.task == 3
    assert phone.events("stopped")[0]["reason"] == "нужен вход: Токен отозван."


async def test_outdated_protocol_goes_on_by_polling(server: FakeServer, start: Start) -> None:
    start()
    wire = await server.wire()
    await wire.ws.close(4008)
    await server.asked("/api/phone/calls/pull/")


async def test_drain_reconnects_within_the_given_time(server: FakeServer, start: Start) -> None:
    phone = start()
    wire = await server.wire()
    await wire.send("drain", after_ms=200)
    await server.wire()
    assert phone.events("drain")[0]["reconnect_in_s"] <= 0.2


async def test_logout_forgets_the_tokens(server: FakeServer, start: Start) -> None:
    phone = start()
    wire = await server.wire()
    await wire.send("logout")
    assert await phone.task == 3
    assert phone.fleet.runners[0].api.access == ""


async def test_busy_server_is_tried_again_later(server: FakeServer, start: Start) -> None:
    server.answers["/api/token/"].extend([(503, {}), (429, {"detail": "Слишком часто."})])
    phone = start()
    await server.wire()
    assert len(phone.events("unreachable")) == 2


async def test_wrong_password_ends_the_phone(server: FakeServer, start: Start) -> None:
    server.answers["/api/token/"].append((401, {"detail": "Неверный логин или пароль."}))
    phone = start()
    assert await phone.task == 3
    assert phone.events("stopped")[0]["reason"] == "нужен вход: Неверный логин или пароль."


async def test_broken_frame_of_the_server_is_survived(server: FakeServer, start: Start) -> None:
    phone = start()
    wire = await server.wire()
    await wire.ws.send("{")
    await wire.send("go", call_id="c1")
    await wire.send("ping", ts=1)
    await wire.expect("pong", ts=1)
    assert len(phone.events("bad_frame")) == 2


async def test_phone_rings_and_tells_when_the_call_is_over(server: FakeServer, start: Start) -> None:
    phone = start({"events": [{"every_s": 0.2, "do": "incoming", "phone": NUMBER, "ring_s": 0.01, "talk_s": 0.6}]})
    wire = await server.wire()
    await wire.expect("lookup", phone=NUMBER)
    report = await wire.expect("report", call_status="connected", direction="incoming", phone=NUMBER)
    assert report["call_duration_seconds"] == 1
    assert phone.events("ringing")


async def test_late_and_hidden_calls_do_not_ring(server: FakeServer, start: Start) -> None:
    phone = start(
        {
            "events": [
                {"at_s": 0, "do": "missed", "phone": NUMBER, "late_s": 90_000},
                {"at_s": 0, "do": "rejected", "phone": ""},
            ]
        }
    )
    wire = await server.wire()
    late = await wire.expect("report", call_status="missed", direction="missed")
    assert late["call_started_at"] < iso(time.time() - 80_000)
    await wire.expect("report", call_status="rejected", phone="")
    assert not phone.events("ringing") and not wire.said("lookup")
