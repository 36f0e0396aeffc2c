"""The real server's manners: over-long frames, a busy port."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from django.db import connection, transaction

from accounts import tokens
from accounts.models import User
from crm.tests.live import BACKEND, Server, waiters
from devkit.serving import wait_until
from phonebridge.tests.fixtures import device_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]


@pytest.fixture
def server(transactional_db: Any, tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "server.log").start()
    yield running
    assert running.end() == 0


def test_overlong_frame_is_answered_by_1009(server: Server) -> None:
    async def close_code(size: int) -> int | None:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws/phone/", max_size=None) as phone:
            await phone.send("x" * size)
            await phone.wait_closed()
            return phone.close_code

    assert [asyncio.run(close_code(size)) for size in (70_000, 1_000_000)] == [1009, 1009]
    assert server.answers()


def test_defect_is_closed_with_1011_and_the_connection_ends(server: Server, anna: User) -> None:
    """Whatever breaks a handler: the phone hears it and comes back, instead of waiting on a deaf socket."""
    device_of(anna)
    access = tokens.issue_pair(anna, rotating=True).access
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE phonebridge_phonedevice RENAME COLUMN battery_percent TO away")
    try:
        assert asyncio.run(_close_code_after(server, access, {"type": "heartbeat", "battery": 5})) == 1011
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE phonebridge_phonedevice RENAME COLUMN away TO battery_percent")
    assert server.answers()


def test_nul_in_a_lease_is_a_bad_frame(server: Server, anna: User) -> None:
    frame = {"type": "state", "call_id": "0193b8a0-7c1e-7a52-9d43-2f1f5a0b6c11", "phase": "dialing", "lease": "a\0b"}
    access = tokens.issue_pair(anna, rotating=True).access
    assert asyncio.run(_close_code_after(server, access, frame, until="bad_frame")) is None


async def _close_code_after(server: Server, access: str, frame: dict[str, Any], until: str = "") -> int | None:
    """Enter, say `frame`, and read to the end of the socket, or to an error with the code `until`."""
    async with asyncio.timeout(20), websockets.connect(f"ws://127.0.0.1:{server.port}/ws/phone/") as phone:
        await phone.send(json.dumps({"type": "auth", "token": access, "device_id": "phone-1"}))
        with suppress(websockets.ConnectionClosed):
            async for text in phone:
                heard = json.loads(text)
                if heard["type"] == "synced":
                    await phone.send(json.dumps(frame))
                if until and heard.get("code") == until:
                    return None
        return phone.close_code


def test_a_cookie_that_nobody_gave_out_is_no_session(server: Server) -> None:
    for cookie in ('"\\000\\000aaaaaaaaaaaa"', "a" * 7, "%00" * 9, "'; --aaaaaaaa", "я" * 12):
        headers = {"Cookie": f"sessionid={cookie}".encode()}
        for path in ("/", "/login/", "/api/v1/calls/"):
            answer = httpx.get(server.url + path, headers=headers, timeout=20)  # type: ignore[arg-type]
            assert answer.status_code in {200, 302, 401, 403}, (cookie, path)


def test_a_form_that_is_broken_is_answered_by_the_application(server: Server, anna: User) -> None:
    """And not by Twisted, which would look through every upload in the thread of the sockets."""
    access = tokens.issue_pair(anna, rotating=True).access
    answer = httpx.post(
        f"http://127.0.0.1:{server.port}/api/v1/company-notes/",
        content=b"--b--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b", "Authorization": f"Bearer {access}"},
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json"), answer.content
    assert answer.json()["code"]


def test_busy_port_is_refused_with_words(transactional_db: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "manage.py", "serve", "--port", str(port)]
        env = Server(tmp_path / "log").env
        done = subprocess.run(command, cwd=BACKEND, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "занят" in done.stderr


def test_request_that_hangs_does_not_keep_a_stopped_server_alive(server: Server, anna: User) -> None:
    url, token = f"{server.url}/api/phone/user/info/", tokens.issue_pair(anna, rotating=True).access
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
            hanging = pool.submit(httpx.get, url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
            wait_until(lambda: waiters(cursor, "accounts_user"), "the request waits for the lock")
            assert server.end() == 0
        assert isinstance(hanging.exception(), httpx.HTTPError) or hanging.result().status_code == 503
