"""Servers, Redis and PostgreSQL are killed, stopped and restarted; people's calls are not lost and not doubled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.tests.contract.exchanges import FOLDER, replay
from devkit.serving import wait_until
from faults.cluster import Cluster, Person, get, post
from faults.phones import Dialer, Page, RawPhone

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults"), pytest.mark.timeout(300)]
QUICK = ("--ring", "0.1-0.2", "--talk", "0.1-0.2", "--claim-delay", "0")


def is_final(cluster: Cluster, call_id: str) -> bool:
    row = cluster.row(call_id)
    return row["closed_at"] is not None and row["status"] != "pending"


def no_double_dial(*phones: Dialer) -> None:
    counted = sum((phone.dials() for phone in phones), start=phones[0].dials().__class__())
    assert {call for call, times in counted.items() if times > 1} == set()


def test_server_killed_between_commit_and_send(cluster: Cluster, tmp_path: Path) -> None:
    """The row is committed and its wake is lost with the process: the other node offers it after the reconnect."""
    anna, (one, two) = cluster.people[0], cluster.nodes
    phone = RawPhone(one.url, anna).settled()
    one.freeze()
    status, call = cluster.click(anna, node=1)
    assert status == 201
    one.kill()
    assert phone.closed() == 1006
    again = RawPhone(two.url, anna).settled()
    assert again.next("offer")["call_id"] == call["id"]
    again.say("claim", call_id=call["id"])
    again.next("go")
    again.report(call["id"])
    again.next("ack")
    assert cluster.row(call["id"])["call_status"] == "connected"
    one.start()


def test_server_killed_between_send_and_ack(cluster: Cluster, tmp_path: Path) -> None:
    """Killed after the grant with a report on its way: no second grant; the report comes again and counts once."""
    anna, (one, two) = cluster.people[0], cluster.nodes
    phone = RawPhone(one.url, anna, "d1").settled()
    call_id = cluster.click(anna)[1]["id"]
    phone.next("offer")
    phone.say("claim", call_id=call_id)
    lease = phone.next("go")["lease"]
    one.freeze()
    report_id = phone.report(call_id)
    one.kill()
    other = RawPhone(two.url, anna, "d2").settled()
    other.say("claim", call_id=call_id)
    assert other.next("no")["reason"] == "taken"
    back = RawPhone(two.url, anna, "d1").settled()
    back.say("state", call_id=call_id, phase="dialing", lease=lease)
    for _ in range(2):
        back.report(call_id, report_id)
        assert back.next("ack")["report_id"] == report_id
    row = cluster.row(call_id)
    assert (row["lease"], row["status"], row["call_status"]) == (lease, "consumed", "connected")
    assert cluster.reports_of(call_id) == 1
    one.start()


class Work:
    """People who call, one after the other, while something breaks; every answer is kept."""

    def __init__(self, cluster: Cluster, people: list[Person]) -> None:
        self.cluster, self.people = cluster, people
        self.answers: list[int] = []
        self.calls: list[str] = []
        self.going = True
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        pause = threading.Event()
        turn = 0
        while self.going:
            person = self.people[turn % len(self.people)]
            turn += 1
            status, body = self.cluster.click(person, node=turn % 2)
            if status != 409:  # the person's call before is not over yet
                self.answers.append(status)
            if status == 201:
                self.calls.append(body["id"])
            pause.wait(0.1)

    def __enter__(self) -> Work:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.going = False
        self.thread.join(60)

    def more(self, count: int) -> Callable[[], Any]:
        """Wait until so many more calls were taken."""

        def wait() -> None:
            wanted = len(self.calls) + count
            wait_until(lambda: len(self.calls) >= wanted, "more calls")

        return wait


def test_redis_stopped_flushed_restarted_under_load(cluster: Cluster, tmp_path: Path) -> None:
    """Clicks answer all the time, phones get commands within the sweep's second, pages catch up by themselves."""
    people = cluster.people[:4]
    phones = [Dialer(cluster, p, tmp_path, *QUICK, url=cluster.nodes[n % 2].url).start() for n, p in enumerate(people)]
    for phone in phones:
        phone.wait("synced")
    page = Page(cluster.nodes[1].url, cluster.head, f"calls.branch.{cluster.head.branch}")
    with Work(cluster, people) as work:
        work.more(4)()
        cluster.restart_redis(down=work.more(4))
        work.more(4)()
        cluster.flush_redis()
        work.more(4)()
    assert set(work.answers) <= {200, 201}, "a click is never refused because Redis is away"
    wait_until(lambda: all(is_final(cluster, c) for c in work.calls), "every call ends")
    dialled = {call_id for phone in phones for call_id in phone.dials()}
    wait_until(lambda: all(cluster.row(c)["call_status"] for c in dialled), "what was dialled has its result")
    assert len(dialled) >= len(work.calls) / 2, "on a busy machine some grants may be void, not most"
    waits = cluster.rows("SELECT extract(epoch FROM claimed_at - created_at) AS s FROM phonebridge_callrequest")
    assert max(float(row["s"]) for row in waits) < 4, "granted by the sweep, not by chance"
    no_double_dial(*phones)
    # the page's socket hears again what happens after Redis is back
    person = people[0]
    status, call = cluster.click(person)
    assert status == 201
    page.next("call", id=call["id"])
    for phone in phones:
        phone.end()


def test_redis_hangs(cluster: Cluster) -> None:
    """Redis takes words and answers none: clicks, new phones, grants, results and expiry go on without it."""
    anna, boris = cluster.people[:2]
    cluster.nodes[1].kill()
    with cluster.frozen_redis():
        cluster.nodes[1].start()  # a process that has never heard Redis
        phone = RawPhone(cluster.nodes[1].url, anna).settled()
        status, call = cluster.click(anna)
        assert status == 201
        phone.next("offer", call_id=call["id"])
        phone.say("claim", call_id=call["id"])
        phone.next("go")
        phone.report(call["id"], call_status="busy")
        phone.next("ack")
        forgotten = cluster.click(boris)[1]["id"]
        wait_until(lambda: cluster.row(forgotten)["status"] == "expired", "a command nobody takes expires")
    page = Page(cluster.nodes[1].url, cluster.head, f"calls.branch.{cluster.head.branch}")
    wait_until(lambda: heard(page, cluster, boris), "the page hears again")


def heard(page: Page, cluster: Cluster, person: Person) -> bool:
    call_id = cluster.click(person)[1]["id"]
    cluster.cancel(person, call_id)
    return any(frame.get("id") == call_id for frame in list(page.seen))


def test_nobody_is_connected(cluster: Cluster) -> None:
    """Servers that no phone and no page has ever reached still keep the clock: the command expires."""
    for node in cluster.nodes:
        node.kill()
    cluster.start()
    call_id = cluster.click(cluster.people[0])[1]["id"]
    wait_until(lambda: cluster.row(call_id)["status"] == "expired", "the command expires")


def test_postgresql_restarted(cluster: Cluster, tmp_path: Path) -> None:
    """Results get 503 and come again, the socket says that it is busy, errors have words, nothing is lost."""
    anna, boris = cluster.people[:2]
    socket_phone, page = RawPhone(cluster.nodes[0].url, anna).settled(), Page(cluster.nodes[0].url, anna)
    first, second = cluster.click(anna)[1]["id"], cluster.click(boris)[1]["id"]
    socket_phone.next("offer")
    socket_phone.say("claim", call_id=first)
    socket_phone.next("go")
    pulled = get(f"{cluster.nodes[1].url}/api/phone/calls/pull/?device_id=old", boris.access)
    assert pulled == (200, {"id": second, "phone": "+73430001234"})
    body = {"call_request_id": second, "call_status": "no_answer"}
    update = f"{cluster.nodes[1].url}/api/phone/calls/update/"

    def while_away() -> None:
        status, answer = post(update, body, boris.access)
        assert (status, answer["code"]) == (503, "database_away")
        assert "База данных" in answer["detail"]
        assert cluster.click(anna)[0] == 503
        replay(FOLDER / "database-away.http", cluster.nodes[1].port, {"access": boris.access, "call": second})
        socket_phone.say("report", report_id="r-1", call_request_id=first, call_status="connected")
        error = socket_phone.next("error")
        assert (error["code"], error["retry"]) == ("database_away", True)
        page.say("watch", topic=f"company.{anna.id}")
        assert page.closed() == 4100, "the page comes back and asks again; «denied» would be untrue"

    cluster.restart_postgres(down=while_away)
    wait_until(lambda: post(update, body, boris.access)[0] == 200, "the result that was kept is taken")
    report = {"report_id": "r-1", "call_request_id": first, "call_status": "connected"}
    wait_until(lambda: acked(socket_phone, report), "the result is taken")
    assert socket_phone.code is None, "the socket has lived through it"
    assert [cluster.row(c)["call_status"] for c in (first, second)] == ["connected", "no_answer"]
    assert (cluster.reports_of(first), cluster.reports_of(second)) == (1, 1)


def acked(phone: RawPhone, report: dict[str, str]) -> bool:
    """Send it again, as a phone does while there is no `ack`."""
    phone.say("report", **report)
    with phone.heard:
        phone.heard.wait(1)
        return any(f["type"] == "ack" and f["report_id"] == report["report_id"] for f in phone.seen)


def test_phone_reconnects_to_the_other_process(cluster: Cluster) -> None:
    """The old socket closes with 4201, its farewell does not take the presence away."""
    anna, (one, two) = cluster.people[0], cluster.nodes
    old = RawPhone(one.url, anna).settled()
    new = RawPhone(two.url, anna).settled()
    assert old.closed() == 4201
    page = Page(one.url, anna)
    call = cluster.click(anna)[1]
    assert call["presence"]["state"] == "online"
    assert new.next("offer")["call_id"] == call["id"]
    page.next("call", id=call["id"])
    query = "SELECT connection_id FROM phonebridge_phonedevice WHERE user_id = %s AND device_id = 'd1'"
    (row,) = cluster.rows(query, anna.id)
    assert row["connection_id"] is not None


def test_rolling_restart(cluster: Cluster) -> None:
    """Each node in turn says `drain`, lets its phones go with 4200 and comes back; nobody's command is lost."""
    people = cluster.people
    phones = {(p.username, d): RawPhone(cluster.nodes[0].url, p, d).settled() for p in people for d in ("a", "b", "c")}
    call_id = cluster.click(people[0], node=1)[1]["id"]
    cluster.prolong(call_id)
    for node, other in (cluster.nodes, cluster.nodes[::-1]):
        leaving = threading.Thread(target=node.end, args=(signal.SIGTERM,))
        leaving.start()
        for (name, device), phone in list(phones.items()):
            if phone.next("drain")["after_ms"] > 0:
                phone.close()
            person = next(p for p in people if p.username == name)
            phones[name, device] = RawPhone(other.url, person, device).settled()
        leaving.join(60)
        node.start()
    last = phones[people[0].username, "a"]
    assert last.next("offer")["call_id"] == call_id
    last.say("claim", call_id=call_id)
    last.next("go")
    live = "SELECT count(*) AS n FROM phonebridge_phonedevice WHERE connection_id IS NOT NULL"
    wait_until(lambda: cluster.rows(live)[0]["n"] >= len(phones), "all are back")
    for phone in phones.values():
        phone.close()
