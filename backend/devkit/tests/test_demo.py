"""`./crm demo` from the outside: one line, a site that works, everything gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from devkit import paths, services
from devkit.postgres import Postgres
from devkit.state import State

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("devkit"), pytest.mark.timeout(400)]
SMALL = ("--port", "0", "--json", "--companies", "5", "--calls", "10")


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="crm-") as place:
        root = Path(place) / "state"
        yield root
        if (root / "secrets.json").exists():
            services.wipe(root)


def plain_environment() -> dict[str, str]:
    ours = ("POSTGRES_", "REDIS_", "DB_ENGINE", "DJANGO_", "CELERY_", "CRM_")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def devkit(*arguments: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "devkit", arguments[0], "--state", str(folder), *arguments[1:]]


@contextmanager
def demo(folder: Path, *more: str, stop_with: signal.Signals = signal.SIGTERM) -> Iterator[dict[str, Any]]:
    """A running demonstration: its line of JSON. Ends with the signal and must end well."""
    log = folder.parent / "stderr"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            devkit("demo", *SMALL, *more, folder=folder),
            cwd=paths.BACKEND,
            env=plain_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line, log.read_text()
            yield json.loads(line)
        finally:
            process.send_signal(stop_with)
            assert process.wait(60) == 0, log.read_text()
            assert process.stdout.read() == "", "more than one line on stdout"


def processes_of(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder or work for it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue  # ended, or not ours to read
        if str(folder) in words or f"LOG_DIR={folder}" in environment:
            found.append(words)
    return found


def test_demonstration_works_is_joined_stops_and_keeps_its_data(folder: Path) -> None:
    with demo(folder) as said:
        by_name = {user["username"]: user for user in said["users"]}
        roles = {user["role"] for user in said["users"]}
        assert roles == {"manager", "sales_head", "branch_director", "group_manager", "admin"}
        owner = next(user for user in said["users"] if user["phone"] and user["role"] == "manager")
        with httpx.Client(base_url=said["url"], timeout=30) as http:
            credentials = {"username": owner["username"], "password": owner["password"]}
            tokens = http.post("/api/token/", json=credentials).json()
            headers = {"Authorization": f"Bearer {tokens['access']}"}
            made = http.post("/api/v1/calls/", json={"phone": "+73430123456"}, headers=headers)
            assert made.status_code == 201, made.text
            assert made.json()["presence"]["state"] in {"online", "polling"}
            call = made.json()["id"]
        count = "from accounts.models import User; print(User.objects.count())"
        joined = subprocess.run(
            devkit("manage", "shell", "-v", "0", "-c", count, folder=folder),
            cwd=paths.BACKEND,
            env=plain_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert joined.stdout.split() == [str(len(by_name))]
    assert processes_of(folder) == []
    assert Postgres(State(folder)).running_port() is None

    with demo(folder, "--no-phone", stop_with=signal.SIGINT) as again:
        assert not any(user["phone"] for user in again["users"])
        with httpx.Client(base_url=again["url"], timeout=30) as http:
            credentials = {"username": owner["username"], "password": owner["password"]}
            tokens = http.post("/api/token/", json=credentials).json()
            headers = {"Authorization": f"Bearer {tokens['access']}"}
            assert http.get(f"/api/v1/calls/{call}/", headers=headers).json()["id"] == call
    assert processes_of(folder) == []


def pid_of(folder: Path, word: str) -> int:
    """The process of this demonstration whose command line has `word`."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in words and f"LOG_DIR={folder}".encode() in environment:
            return int(entry.name)
    raise AssertionError(f"no process {word}")


def test_killed_demonstration_takes_its_children_along_and_starts_again(folder: Path) -> None:
    command = devkit("demo", *SMALL, "--no-phone", folder=folder)
    options: dict[str, Any] = {"cwd": paths.BACKEND, "env": plain_environment(), "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **options) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.kill()
    servers = ("postgres", "valkey")
    deadline = time.monotonic() + 30
    while left := [words for words in processes_of(folder) if not any(name in words for name in servers)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        os.kill(pid_of(folder, "serve"), signal.SIGKILL)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "Процесс «server» закончился" in said
    assert processes_of(folder) == []


def test_setup_that_fails_is_named_and_everything_stops(folder: Path) -> None:
    environment = {**plain_environment(), "DJANGO_ENV": "production"}
    done = subprocess.run(
        devkit("demo", *SMALL, "--no-phone", folder=folder),
        cwd=paths.BACKEND,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "не прошла" in done.stderr
    assert processes_of(folder) == []
    assert Postgres(State(folder)).running_port() is None
