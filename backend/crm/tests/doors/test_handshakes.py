"""Doors of the running server: half-open and dripping handshakes, foreign pages, broken frames (S-4, S-6, R-6)."""

from __future__ import annotations

import json
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from accounts import tokens
from accounts.models import User
from crm.tests.live import Server
from devkit.serving import descriptors, rss_kib, wait_until
from faults.phones import RawSocket
from notifications.tests.test_browser_socket import cookie_of
from phonebridge.tests.fixtures import click

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack, pytest.mark.xdist_group("doors")]
HEAD_S, MOST = 4, 500
UPGRADE = (
    "GET /ws/phone/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
TEXT, BINARY, PING, MORE, LAST = 1, 2, 9, 0, 0x80


@pytest.fixture(scope="module")
def running(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("doors") / "server.log"
    server = Server(log, CRM_HANDSHAKE_S=str(HEAD_S), CRM_HANDSHAKES_MAX=str(MOST)).start()
    yield server
    assert server.end() == 0


def pid_of(server: Server) -> int:
    assert server.process is not None
    return server.process.pid


def works(server: Server, user: User) -> float:
    """Somebody else's phone comes, and a click reaches it; seconds for both."""
    start = time.monotonic()
    phone = RawSocket(server.url, "/ws/phone/")
    phone.say("auth", token=tokens.issue_pair(user, rotating=True).access, device_id="innocent")
    phone.next("synced")
    call = click(user)
    phone.next("offer", call_id=str(call.pk))
    phone.say("claim", call_id=str(call.pk))
    phone.next("go")
    phone.say("report", report_id=str(call.pk), call_request_id=str(call.pk), call_status="busy")
    phone.next("ack")
    phone.close()
    return time.monotonic() - start


def half_open(server: Server, said: bytes) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    wire.sendall(said)
    return wire


def test_5000_half_open_handshakes(running: Server, anna: User) -> None:
    """At most the bound is held, memory with it; the others' phones come and are called meanwhile and afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    works(running, anna)
    before, files = rss_kib(pid_of(running)), descriptors(pid_of(running))
    try:
        with ExitStack() as stack:
            for _ in range(5000):
                stack.enter_context(half_open(running, UPGRADE.encode()))
            # what is over the bound goes with the loop's next turn
            wait_until(lambda: descriptors(pid_of(running)) <= files + MOST + 50, "the bound holds", 2)
            took = works(running, anna)
            assert rss_kib(pid_of(running)) - before < 64 * 1024
            wait_until(lambda: descriptors(pid_of(running)) <= files + 20, "they are let go", HEAD_S + 20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert took < 10
    works(running, anna)


def test_head_that_drips_is_ended_with_408(running: Server, anna: User) -> None:
    """A byte now and then does not keep a connection: the whole head has its time, whatever it says meanwhile."""
    start = time.monotonic()
    with half_open(running, b"GET /ws/phone/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") as wire:
        wire.settimeout(0.3)
        heard = b""
        while time.monotonic() < start + HEAD_S + 10:
            try:
                wire.sendall(b"z")
                heard = wire.recv(1000)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    assert heard.startswith(b"HTTP/1.1 408")
    assert HEAD_S - 1 < time.monotonic() - start < HEAD_S + 5
    works(running, anna)


def test_who_opens_a_socket_and_says_nothing_is_closed(running: Server) -> None:
    """The handshake is done and no `auth` comes: 4001 after the time for it."""
    silent = RawSocket(running.url, "/ws/phone/")
    assert silent.closed(30) == 4001
    silent.close()


@pytest.mark.parametrize("path", ["/ws/phone/", "/ws/ui/"])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://127.0.0.1.evil.example:{port}",
        "http://evil.example/?http://127.0.0.1:{port}",
        "https://127.0.0.1:{port}@evil.example",
        "file://",
    ],
)
def test_foreign_origin_is_refused_in_the_handshake(path: str, origin: str, running: Server, anna: User) -> None:
    headers = {"Cookie": cookie_of(anna).decode(), "Origin": origin.format(port=running.port)}
    with pytest.raises(InvalidStatus) as refused:
        connect(running.url.replace("http", "ws", 1) + path, additional_headers=headers)
    assert refused.value.response.status_code == 403


def test_own_origin_and_none_are_let_in(running: Server, anna: User) -> None:
    for origin in ({"Origin": running.url}, {}):
        page = RawSocket(running.url, "/ws/ui/", {"Cookie": cookie_of(anna).decode(), **origin})
        page.next("hello")
        page.close()


@pytest.mark.parametrize("query", ["?token={token}", "?access={token}", "?jwt={token}", "?x=1&auth={token}"])
def test_token_in_the_address_does_not_let_in(query: str, running: Server, anna: User) -> None:
    """And it is written nowhere."""
    token = tokens.issue_pair(anna, rotating=True).access
    phone = RawSocket(running.url, "/ws/phone/" + query.format(token=token))
    phone.say("heartbeat")
    assert phone.closed() == 4001
    assert token.split(".")[2] not in running.log.read_text()
    phone.close()


# --- frames that are none


def frame(first: int, payload: bytes, *, masked: bool = True, length: int = -1) -> bytes:
    """A frame of a client; `length` may lie."""
    size = len(payload) if length < 0 else length
    mask = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, mask | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, mask | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def code_after(server: Server, *frames: bytes) -> int:
    """The close code that the server answers these bytes with."""
    with half_open(server, UPGRADE.encode() + b"\r\n") as wire:
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += wire.recv(1000)
        assert heard.startswith(b"HTTP/1.1 101")
        rest = heard.partition(b"\r\n\r\n")[2]
        for data in frames:
            try:
                wire.sendall(data)
            except OSError:
                break  # closed already: what it said is still to be read
        return _close_code(wire, rest)


def _close_code(wire: socket.socket, data: bytes) -> int:
    while True:
        while len(data) >= 2 and len(data) >= 2 + data[1]:
            kind, size = data[0] & 15, data[1]
            if kind == 8:
                return int(struct.unpack("!H", data[2:4])[0]) if size >= 2 else 1005
            data = data[2 + size :]
        try:
            more = wire.recv(4000)
        except OSError:
            return 1006
        if not more:
            return 1006
        data += more


HELLO = json.dumps({"type": "auth", "token": "x", "device_id": "d"}).encode()
CASES: dict[str, tuple[Callable[[], list[bytes]], int]] = {
    "compressed without having agreed": (lambda: [frame(LAST | 0x40 | TEXT, b"\xab\x56")], 1002),
    "unmasked": (lambda: [frame(LAST | TEXT, HELLO, masked=False)], 1002),
    "no UTF-8": (lambda: [frame(LAST | TEXT, b"\xff\xfe\xfd")], 1007),
    "a continuation of nothing": (lambda: [frame(LAST | MORE, b"x")], 1002),
    "an unknown opcode": (lambda: [frame(LAST | 3, b"x")], 1002),
    "a ping of 200 bytes": (lambda: [frame(LAST | PING, b"p" * 200)], 1002),
    "a length of 2**60": (lambda: [frame(LAST | TEXT, b"x", length=2**60)], 1009),
    "65 KiB in one frame": (lambda: [frame(LAST | TEXT, b"x" * 66_000)], 1009),
    "80 KiB in forty pieces": (
        lambda: [frame(TEXT, b"x" * 2000), *[frame(MORE, b"x" * 2000) for _ in range(39)], frame(LAST | MORE, b"x")],
        1009,
    ),
    "40 000 letters of two bytes": (lambda: [frame(LAST | TEXT, ("ж" * 40_000).encode())], 1009),
    "auth in three pieces": (
        lambda: [frame(TEXT, HELLO[:5]), frame(MORE, HELLO[5:9]), frame(LAST | MORE, HELLO[9:])],
        4001,
    ),
    "binary": (lambda: [frame(LAST | BINARY, HELLO)], 4001),
}


@pytest.mark.parametrize("name", CASES)
def test_frames_that_are_none_get_their_code(name: str, running: Server, anna: User) -> None:
    said, code = CASES[name]
    assert code_after(running, *said()) == code
    works(running, anna)
