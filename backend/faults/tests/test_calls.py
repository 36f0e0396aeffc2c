"""What may happen to one call on its way: lost, late, doubled and crossing words; one grant, one dial, one result."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from devkit.serving import wait_until
from faults.cluster import Cluster, Person, get, post
from faults.phones import Dialer, Page, RawPhone, together
from faults.proxy import Wire

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults"), pytest.mark.timeout(300)]
PULL = "/api/phone/calls/pull/?device_id=old"
UPDATE = "/api/phone/calls/update/"


def granted(cluster: Cluster, person: Person, device: str = "d1") -> tuple[RawPhone, str, str]:
    """A phone that holds the grant of a new call: phone, call, lease."""
    phone = RawPhone(cluster.nodes[0].url, person, device).settled()
    call_id = cluster.click(person)[1]["id"]
    phone.next("offer", call_id=call_id)
    phone.say("claim", call_id=call_id)
    return phone, call_id, phone.next("go")["lease"]


def result_of(cluster: Cluster, call_id: str) -> tuple[str, str | None]:
    row = cluster.row(call_id)
    return row["status"], row["call_status"]


def test_two_phones_websocket_and_poll_at_once(cluster: Cluster) -> None:
    """Two sockets on two processes and two pollers ask in the same moment, again and again: one grant each time."""
    anna, (one, two) = cluster.people[0], cluster.nodes
    phones = [RawPhone(one.url, anna, "d1").settled(), RawPhone(two.url, anna, "d2").settled()]
    for _ in range(10):
        call_id = cluster.click(anna)[1]["id"]
        for phone in phones:
            phone.next("offer", call_id=call_id)
        claims = [partial(phone.say, "claim", call_id=call_id) for phone in phones]
        pulls = together(
            *claims,
            lambda: get(f"{one.url}/api/phone/calls/pull/?device_id=old-1", anna.access)[0],
            lambda: get(f"{two.url}/api/phone/calls/pull/?device_id=old-2", anna.access)[0],
        )[2:]
        grants = pulls.count(200)
        for phone in phones:
            answer = phone.next_of("go", "no", call_id=call_id)
            grants += answer["type"] == "go"
        assert grants == 1
        winner = cluster.row(call_id)
        assert winner["status"] == "delivered"
        post(one.url + UPDATE, {"call_request_id": call_id, "call_status": "busy"}, anna.access)


def test_go_lost(cluster: Cluster) -> None:
    """The answer to a claim is lost with the connection: the same phone gets the same lease again, others none."""
    anna, two = cluster.people[0], cluster.nodes[1]
    phone, call_id, lease = granted(cluster, anna)
    phone.socket.socket.close()
    back = RawPhone(two.url, anna, "d1").settled()
    back.say("claim", call_id=call_id)
    assert back.next("go")["lease"] == lease
    other = RawPhone(two.url, anna, "d2").settled()
    other.say("claim", call_id=call_id)
    assert other.next("no")["reason"] == "taken"


def test_go_late(cluster: Cluster, tmp_path: Path) -> None:
    """A `go` that the network held back past its deadline is void: `reject stale`, nothing dialled, said so."""
    anna, wire = cluster.people[0], Wire(cluster.nodes[0].port)
    dialer = Dialer(cluster, anna, tmp_path, "--claim-delay", "1-1", url=wire.url).start()
    dialer.wait("synced")
    call_id = cluster.click(anna, node=1)[1]["id"]
    dialer.wait("offer")
    wire.down.clear()
    late = "SELECT 1 FROM phonebridge_callrequest WHERE id = %s AND claimed_at < now() - interval '2.5 seconds'"
    wait_until(lambda: cluster.rows(late, call_id), "the grant is older than the deadline")
    wire.down.set()
    dialer.wait("reject")
    wait_until(lambda: cluster.row(call_id)["closed_at"], "the page can say so")
    row = cluster.row(call_id)
    # the refusal may itself be lost with a socket that was held for so long
    told = (row["status"], row["reason"], row["is_unconfirmed"])
    assert told in {("cancelled", "not_dialled", False), ("delivered", "", True)}
    assert dialer.dials() == {}
    dialer.end()
    wire.close()


def test_frame_delayed_past_expiry(cluster: Cluster) -> None:
    """An offer that is answered after its time: `no expired`, and nothing is granted by a poll either."""
    anna, node = cluster.people[0], cluster.nodes[0]
    phone = RawPhone(node.url, anna).settled()
    call_id = cluster.click(anna)[1]["id"]
    phone.next("offer")
    wait_until(lambda: cluster.row(call_id)["status"] == "expired", "the command expires")
    phone.say("claim", call_id=call_id)
    assert phone.next("no")["reason"] == "expired"
    assert get(node.url + PULL, anna.access)[0] == 204
    assert phone.next("revoke")["reason"] == "expired"


def test_phone_back_after_five_minutes(cluster: Cluster, tmp_path: Path) -> None:
    """A phone that was off for longer than a command lives dials nothing old, and the next command at once."""
    anna = cluster.people[0]
    call_id = cluster.click(anna)[1]["id"]
    wait_until(lambda: cluster.row(call_id)["status"] == "expired", "the command expires")
    dialer = Dialer(cluster, anna, tmp_path, "--ring", "0.1-0.1", "--talk", "0.1-0.1", "--claim-delay", "0").start()
    dialer.wait("synced")
    fresh = cluster.click(anna)[1]["id"]
    dialer.wait("ack")
    assert dialer.dials() == {fresh: 1}
    dialer.end()


def test_granted_phone_dies_before_the_call(cluster: Cluster) -> None:
    """Unconfirmed after a while, said so; the manager can call again; a late state corrects and does not reopen."""
    anna = cluster.people[0]
    phone, call_id, lease = granted(cluster, anna)
    phone.socket.socket.close()
    wait_until(lambda: cluster.row(call_id)["is_unconfirmed"], "shown as unconfirmed")
    row = cluster.row(call_id)
    assert (row["status"], row["closed_at"] is not None) == ("delivered", True)
    assert cluster.click(anna)[0] == 201
    back = RawPhone(cluster.nodes[1].url, anna, "d1").settled()
    back.say("claim", call_id=call_id)
    assert back.next("no", call_id=call_id)["reason"] == "taken"
    back.say("state", call_id=call_id, phase="dialing", lease=lease)
    wait_until(lambda: cluster.row(call_id)["status"] == "consumed", "the late word is believed")
    corrected = cluster.row(call_id)
    assert (corrected["is_unconfirmed"], corrected["closed_at"]) == (False, row["closed_at"])


def test_granted_phone_dies_during_the_call(cluster: Cluster) -> None:
    """A holder that is not heard of any more loses the call, so that the manager can call again."""
    anna = cluster.people[0]
    phone, call_id, lease = granted(cluster, anna)
    phone.say("state", call_id=call_id, phase="dialing", lease=lease)
    phone.say("state", call_id=call_id, phase="talking", lease=lease)
    wait_until(lambda: cluster.row(call_id)["live_phase"] == "talking", "the call goes on")
    assert cluster.click(anna, phone="+73430005678")[0] == 409
    phone.socket.socket.close()
    wait_until(lambda: cluster.row(call_id)["is_lost"], "the holder is lost")
    assert cluster.click(anna, phone="+73430005678")[0] == 201


def test_duplicate_reordered_late_report(cluster: Cluster) -> None:
    """Told twice, in the wrong order and after the end: one result, the best one; all are kept; nothing reopens."""
    anna = cluster.people[0]
    phone, call_id, lease = granted(cluster, anna)
    phone.report(call_id, "r-2", call_status="connected", call_duration_seconds=61)
    phone.next("ack", report_id="r-2")
    closed_at = cluster.row(call_id)["closed_at"]
    phone.say("state", call_id=call_id, phase="talking", lease=lease)
    for report_id, status in (("r-1", "no_answer"), ("r-2", "connected"), ("r-3", "unknown")):
        phone.report(call_id, report_id, call_status=status)
        phone.next("ack", report_id=report_id)
    post(cluster.nodes[1].url + UPDATE, {"call_request_id": call_id, "call_status": "missed"}, anna.access)
    row = cluster.row(call_id)
    assert (row["call_status"], row["call_duration_seconds"], row["closed_at"]) == ("connected", 61, closed_at)
    assert row["live_phase"] in {"", "ended"}
    assert cluster.reports_of(call_id) == 4


def test_report_after_cancel(cluster: Cluster) -> None:
    """The call did happen: kept, counted, marked late, and the request stays cancelled."""
    anna = cluster.people[0]
    call_id = cluster.click(anna)[1]["id"]
    assert cluster.cancel(anna, call_id) == {"cancelled": True, "status": "cancelled"}
    body = {"call_request_id": call_id, "call_status": "connected", "call_duration_seconds": 5}
    assert post(cluster.nodes[0].url + UPDATE, body, anna.access)[0] == 200
    row = cluster.row(call_id)
    assert (row["status"], row["call_status"], row["is_late"], row["is_counted"]) == (
        *("cancelled", "connected", True, True),
    )


def test_report_of_a_second_call_for_an_old_id(cluster: Cluster) -> None:
    """A later call from the phone's history under the old id is a call of its own; the first one keeps its result."""
    anna = cluster.people[0]
    phone, call_id, _lease = granted(cluster, anna)
    moments = cluster.rows("SELECT now() AS begun, now() + interval '20 seconds' AS later")[0]
    begun, later = moments["begun"].isoformat(), moments["later"].isoformat()
    phone.report(call_id, "first", call_status="connected", call_started_at=begun, call_duration_seconds=1)
    phone.next("ack")
    again = {"call_status": "no_answer", "action_source": "history", "call_started_at": later}
    for report_id in ("second", "third"):
        phone.report(call_id, report_id, **again)
        phone.next("ack", report_id=report_id)
    assert result_of(cluster, call_id) == ("consumed", "connected")
    repeats = cluster.rows("SELECT call_status FROM phonebridge_callrequest WHERE repeats_id = %s", call_id)
    assert repeats == [{"call_status": "no_answer"}]


def test_cancel_against_claim(cluster: Cluster) -> None:
    """Both at once, many times: exactly one wins, and both sides are told the same."""
    anna, node = cluster.people[0], cluster.nodes[0]
    phone = RawPhone(node.url, anna).settled()
    won = {True: 0, False: 0}
    for _ in range(12):
        call_id = cluster.click(anna)[1]["id"]
        phone.next("offer", call_id=call_id)
        claim = partial(phone.say, "claim", call_id=call_id)
        answers = together(claim, partial(cluster.cancel, anna, call_id, node=1))
        cancelled = answers[1]["cancelled"]
        answer = phone.next_of("go", "no", call_id=call_id)
        assert (answer["type"] == "no") == cancelled
        assert cluster.row(call_id)["status"] == ("cancelled" if cancelled else "delivered")
        won[cancelled] += 1
        post(node.url + UPDATE, {"call_request_id": call_id, "call_status": "unknown"}, anna.access)
    assert sum(won.values()) == 12


def test_cancel_after_the_grant(cluster: Cluster) -> None:
    """Not cancelled, the holder is asked; a phone that has not dialled says so and the page reads the truth."""
    anna = cluster.people[0]
    phone, call_id, _lease = granted(cluster, anna)
    assert cluster.cancel(anna, call_id) == {"cancelled": False, "status": "delivered"}
    assert phone.next("revoke", call_id=call_id)["reason"] == "cancelled"
    phone.say("reject", call_id=call_id, reason="stale")
    wait_until(lambda: cluster.row(call_id)["status"] == "cancelled", "not dialled")
    row = cluster.row(call_id)
    assert (row["reason"], row["closed_at"] is not None) == ("not_dialled", True)


def test_events_of_two_processes_out_of_order(cluster: Cluster) -> None:
    """Changes of one call made by two processes: the page's newest `rev` is the row's, whatever came in between."""
    anna, (one, two) = cluster.people[0], cluster.nodes
    page, head = Page(one.url, anna), Page(two.url, cluster.head, f"calls.branch.{cluster.head.branch}")
    phone = RawPhone(two.url, anna).settled()
    call_id = cluster.click(anna)[1]["id"]
    phone.next("offer")
    phone.say("claim", call_id=call_id)
    lease = phone.next("go")["lease"]
    together(
        lambda: phone.say("state", call_id=call_id, phase="dialing", lease=lease),
        lambda: cluster.cancel(anna, call_id),
        lambda: post(one.url + UPDATE, {"call_request_id": call_id, "call_status": "busy"}, anna.access),
    )
    wait_until(lambda: cluster.row(call_id)["call_status"], "the result")
    final = cluster.row(call_id)
    for viewer in (page, head):
        newest = viewer.next("call", id=call_id, rev=final["rev"])
        assert (newest["status"], newest["open"]) == (final["status"], False)
        older = [f for f in viewer.seen if f["type"] == "call" and f["id"] == call_id]
        assert all(f["rev"] < final["rev"] for f in older), "a page that drops lower revisions never goes back"


def test_offline_queue_flush_of_100_reports(cluster: Cluster, tmp_path: Path) -> None:
    """A phone that comes back with a hundred missed calls: bursts of at most 16, each acknowledged, no close."""
    anna = cluster.people[0]
    script = tmp_path / "script.json"
    script.write_text('{"events": [{"at_s": 0.5, "do": "missed", "count": 100}]}')
    page = Page(cluster.nodes[1].url, anna)
    dialer = Dialer(cluster, anna, tmp_path, "--script", str(script)).start()
    dialer.wait("ack", count=100, limit_s=90)
    query = "SELECT count(*) AS n FROM phonebridge_callrequest WHERE user_id = %s AND call_status = 'missed'"
    assert cluster.rows(query, anna.id)[0]["n"] == 100
    assert dialer.all("closed") == []
    open_now = [f for f in page.seen if f["type"] == "call" and f["open"]]
    assert open_now == [], "nobody is told that somebody is calling now"
    dialer.end(signal.SIGTERM)
