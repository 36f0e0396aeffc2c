"""Clients that are slow, silent, broken or hostile: bounded memory, the right close code, nothing leaked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.serving import rss_kib as rss_of
from devkit.serving import wait_until
from faults.cluster import BACKEND, Cluster, post
from faults.phones import Dialer, Page, RawPhone, RawSocket
from faults.proxy import Wire

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults"), pytest.mark.timeout(300)]
MIB = 1024


def rss_kib(cluster: Cluster, node: int = 0) -> int:
    process = cluster.nodes[node].process
    assert process is not None
    return rss_of(process.pid)


def publish(cluster: Cluster, topic: str, count: int, size: int) -> None:
    """Many big events to one topic, as a busy server would."""
    program = (
        "import django; django.setup()\n"
        "from common.realtime import publish\n"
        f"[publish({topic!r}, {{'type': 'noise', 'n': n, 'text': 'x' * {size}}}) for n in range({count})]\n"
    )
    env = {**cluster.env, "DJANGO_SETTINGS_MODULE": "crm.settings"}
    subprocess.run([sys.executable, "-c", program], cwd=BACKEND, env=env, check=True, capture_output=True)


def is_served(cluster: Cluster, phone: RawPhone) -> None:
    """Somebody else's command goes its way meanwhile."""
    call_id = cluster.click(phone.person, node=1)[1]["id"]
    phone.next("offer", limit_s=10, call_id=call_id)
    cluster.cancel(phone.person, call_id)
    phone.next("revoke", call_id=call_id)


def test_slow_client_with_a_backlog_of_80_megabytes(cluster: Cluster) -> None:
    """A page that does not read is closed long before its backlog is in our memory; a phone beside it is served."""
    anna, boris = cluster.people[:2]
    beside = RawPhone(cluster.nodes[0].url, boris).settled()
    wire = Wire(cluster.nodes[0].port)
    page = Page(wire.url, anna)
    before = rss_kib(cluster)
    wire.down.clear()
    wire.up.clear()
    publish(cluster, f"user.{anna.id}", 1600, 50_000)
    is_served(cluster, beside)
    wait_until(lambda: page_is_gone(cluster), "the page is let go", 30)
    assert rss_kib(cluster) - before < 40 * MIB
    wire.down.set()
    wire.up.set()
    assert page.closed() in {4108, 4112, 1006}
    wire.close()


def page_is_gone(cluster: Cluster) -> bool:
    """No socket of the node waits for somebody who does not read."""
    process = cluster.nodes[0].process
    assert process is not None
    queues = Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]
    port = f":{cluster.nodes[0].port:04X}"
    waiting = [line.split()[4] for line in queues if line.split()[1].endswith(port) and line.split()[3] == "01"]
    return all(int(both.split(":")[0], 16) == 0 for both in waiting)


def test_silent_client(cluster: Cluster) -> None:
    """No pong: 4112. Nothing at all after the handshake: 4001 when the time for `auth` is over."""
    anna = cluster.people[0]
    silent = RawPhone(cluster.nodes[0].url, anna, pongs=False).settled()
    assert silent.closed(30) == 4112
    assert RawSocket(cluster.nodes[0].url, "/ws/phone/").closed(30) == 4001


def test_frame_flood(cluster: Cluster) -> None:
    beside = RawPhone(cluster.nodes[0].url, cluster.people[1]).settled()
    wild = RawPhone(cluster.nodes[0].url, cluster.people[0]).settled()
    for _ in range(400):
        wild.say("pong", ts=0)
    assert wild.closed() == 4129
    is_served(cluster, beside)


def test_one_megabyte_frame(cluster: Cluster) -> None:
    beside = RawPhone(cluster.nodes[0].url, cluster.people[1]).settled()
    before = rss_kib(cluster)
    for _ in range(10):
        big = RawPhone(cluster.nodes[0].url, cluster.people[0]).settled()
        big.say("heartbeat", text="x" * 1_000_000)
        assert big.closed() == 1009
    assert rss_kib(cluster) - before < 30 * MIB
    is_served(cluster, beside)


BROKEN = ("", "{", "[1]", '"auth"', '{"type": 5}', "[" * 60_000, '{"type": "claim"', "\x00", "1e999", "\u2028")


def test_bad_json(cluster: Cluster) -> None:
    """An error frame with words for each, and the socket stays; a type that nobody knows is ignored."""
    phone = RawPhone(cluster.nodes[0].url, cluster.people[0]).settled()
    for text in BROKEN:
        phone.socket.send(text)
        assert phone.next("error")["code"] == "bad_json"
    phone.socket.send('{"type":"\\ud800"}')
    is_served(cluster, phone)
    assert [f for f in phone.seen if f["type"] == "error"] == []


def test_bad_token(cluster: Cluster) -> None:
    anna = cluster.people[0]
    for token in ("", "x", anna.refresh, anna.access[:-3] + "abc"):
        refused = RawPhone(cluster.nodes[0].url, anna, token=token or "-")
        assert refused.closed() == 4001
        assert [f["type"] for f in refused.seen] == ["error"]


def test_someone_elses_call_id_and_a_state_without_the_lease(cluster: Cluster) -> None:
    """Another person's phone learns nothing and moves nothing; nor does the holder without its lease."""
    anna, boris = cluster.people[:2]
    node = cluster.nodes[0]
    holder, thief = RawPhone(node.url, anna).settled(), RawPhone(node.url, boris).settled()
    call_id = cluster.click(anna)[1]["id"]
    holder.next("offer")
    thief.say("claim", call_id=call_id)
    assert thief.next("no") == {"type": "no", "call_id": call_id, "reason": "unknown"}
    holder.say("claim", call_id=call_id)
    lease = holder.next("go")["lease"]
    before = cluster.row(call_id)
    thief.say("state", call_id=call_id, phase="dialing", lease=lease)
    holder.say("state", call_id=call_id, phase="dialing")
    holder.say("state", call_id=call_id, phase="dialing", lease="0" * 16)
    thief.say("reject", call_id=call_id, reason="stale")
    thief.report(call_id, "stolen", call_status="busy")
    assert thief.next("ack") == {"type": "ack", "report_id": "stolen"}
    stolen = {"call_request_id": call_id, "call_status": "busy"}
    answer = post(f"{node.url}/api/phone/calls/update/", stolen, boris.access)
    assert answer[0] == 200
    assert anna.username not in json.dumps(answer[1])
    after = cluster.row(call_id)
    assert {k: after[k] for k in ("status", "rev", "live_phase", "call_status")} == {
        k: before[k] for k in ("status", "rev", "live_phase", "call_status")
    }
    assert cluster.rows("SELECT count(*) AS n FROM phonebridge_deadletter")[0]["n"] == 2


def test_expired_access_token_after_doze(cluster: Cluster, tmp_path: Path) -> None:
    """The token has ended while the phone slept: 4202, one refresh by REST, back; nobody is logged out."""
    node = cluster.nodes[1]
    node.end()
    node.env = {**node.env, "CRM_ACCESS_TOKEN_S": "4"}
    cluster.start()
    anna = cluster.people[0]
    fresh = post(f"{node.url}/api/token/refresh/", {"refresh": anna.refresh})[1]
    raw = RawPhone(node.url, anna, "short", token=fresh["access"]).settled()
    assert raw.closed(30) == 4202
    dialer = Dialer(cluster, anna, tmp_path, url=node.url).start()
    dialer.wait("synced")
    assert dialer.process is not None
    dialer.process.send_signal(signal.SIGSTOP)
    query = "SELECT 1 FROM phonebridge_phonedevice WHERE user_id = %s AND connection_id IS NOT NULL"
    wait_until(lambda: not cluster.rows(query, anna.id), "the server has let the sleeping phone go")
    dialer.process.send_signal(signal.SIGCONT)
    dialer.wait("synced", count=2, limit_s=60)
    assert dialer.all("stopped") == []
    dialer.end()
    node.end()
    node.env = dict(cluster.env)


ENDED = [
    ("UPDATE accounts_user SET is_active = false WHERE id = %s", 4001),
    ("UPDATE accounts_user SET auth_epoch = auth_epoch + 1 WHERE id = %s", 4001),  # logged out everywhere
    ("UPDATE phonebridge_phonedevice SET revoked_at = now() WHERE user_id = %s", 4003),
]
RESTORED = (
    "UPDATE accounts_user SET is_active = true, auth_epoch = 0",
    "UPDATE phonebridge_phonedevice SET revoked_at = NULL",
)


def test_rights_end_while_nobody_can_tell(cluster: Cluster) -> None:
    """The word that would close a socket is lost with Redis: the next look at the rows closes it all the same."""
    ended = [(person, *end) for person, end in zip(cluster.people[4:], ENDED, strict=False)]
    assert len(ended) == len(ENDED)
    with cluster.postgres.connect(cluster.pg_port) as connection:
        try:
            with cluster.frozen_redis():
                for person, change, code in ended:
                    phone = RawPhone(cluster.nodes[0].url, person).settled()
                    connection.execute(change, [person.id])
                    assert phone.closed(15) == code
            for person, _change, code in ended:
                assert RawPhone(cluster.nodes[1].url, person).closed(15) == code
        finally:
            for change in RESTORED:
                connection.execute(change)
