"""Development without any service: SQLite, in-memory layer, local cache, one process (P-14)."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from crm.tests.live import BACKEND, Phone, Server

pytestmark = [pytest.mark.django_db, pytest.mark.stack]


def post(url: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 (loopback)
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 (loopback)
        found: dict[str, Any] = json.loads(answer.read())
    return found


def test_one_process_on_sqlite_without_redis_carries_a_call(tmp_path: Path) -> None:
    server = Server(
        tmp_path / "server.log",
        DB_ENGINE="sqlite",
        SQLITE_PATH=str(tmp_path / "db.sqlite3"),
        REDIS_URL="",
        CELERY_BROKER_URL="",
        CRM_DEMO="1",
    )
    for command in (("migrate", "-v", "0"), ("seed_demo", "--companies", "3", "--calls", "5", "--json")):
        made = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=BACKEND,
            env=server.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr[-2000:]
    person = next(u for u in json.loads(made.stdout)["users"] if u["role"] == "manager")
    server.start()
    phone = Phone(
        server.url, person["username"], person["password"], "--ring", "1-1", "--talk", "1-1", "--outcome", "connected"
    )
    phone.wait("synced")
    token = post(f"{server.url}/api/token/", person)["access"]
    call = post(f"{server.url}/api/v1/calls/", {"phone": "+7 343 000-12-34"}, token)
    assert phone.wait("offer")["call_id"] == call["id"]
    assert phone.wait("ack")
    request = urllib.request.Request(  # noqa: S310 (loopback)
        f"{server.url}/api/v1/calls/{call['id']}/", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 (loopback)
        stored = json.loads(answer.read())
    assert (stored["status"], stored["call_status"]) == ("consumed", "connected")
    phone.end()
    assert server.end() == 0
