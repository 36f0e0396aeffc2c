"""The real server's manners: over-long frames, a busy port."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
