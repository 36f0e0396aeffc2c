"""Embedded servers: start, join, stop, keep their data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis import Redis

from devkit import paths, services
from devkit.errors import ToolError
from devkit.postgres import Postgres
from devkit.state import State

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("devkit")]


@pytest.fixture
def folder() -> Iterator[Path]:
    # not tmp_path: another pytest locks its parent for other users, and root's PostgreSQL is another user
    with TemporaryDirectory(prefix="crm-") as place:
        root = Path(place) / "a name with spaces"
        yield root
        if (root / "secrets.json").exists():
            services.wipe(root)


def is_running(folder: Path) -> bool:
    return Postgres(State(folder)).running_port() is not None


def put(env: dict[str, str], value: str) -> None:
    with Redis.from_url(env["REDIS_URL"]) as client:
        client.set("kept", value)


def get(env: dict[str, str]) -> bytes | None:
    with Redis.from_url(env["REDIS_URL"]) as client:
        found: bytes | None = client.get("kept")
        return found


def test_servers_start_and_stop_and_keep_what_was_written(folder: Path) -> None:
    with services.running(folder, given={}) as first:
        with Postgres(State(folder)).connect(int(first["POSTGRES_PORT"])) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('ёлка')")
        put(first, "word")
    assert not is_running(folder)
    with services.running(folder, given={}) as second:
        with Postgres(State(folder)).connect(int(second["POSTGRES_PORT"])) as connection:
            assert connection.execute("SELECT upper(word) FROM kept").fetchall() == [("ЁЛКА",)]
        assert get(second) == b"word"
    assert second["DJANGO_SECRET_KEY"] == first["DJANGO_SECRET_KEY"]
    assert not is_running(folder)


def test_second_user_joins_and_the_last_one_stops(folder: Path) -> None:
    first = services.running(folder, durable=False, given={})
    env = first.__enter__()
    second = services.running(folder, durable=False, given={})
    assert second.__enter__() == env
    first.__exit__(None, None, None)
    assert is_running(folder)
    second.__exit__(None, None, None)
    assert not is_running(folder)


def test_servers_of_a_killed_owner_are_joined_and_then_stopped(folder: Path) -> None:
    command = [sys.executable, "-m", "devkit", "services", "--state", str(folder)]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("POSTGRES_", "REDIS_"))}
    owner = subprocess.Popen(command, cwd=paths.BACKEND, env=env, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline().startswith("export ")
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert is_running(folder)
    with services.running(folder, given={}):
        assert is_running(folder)
    assert not is_running(folder)


def test_sigterm_to_the_holder_stops_the_servers(folder: Path) -> None:
    command = [sys.executable, "-m", "devkit", "services", "--state", str(folder)]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("POSTGRES_", "REDIS_"))}
    with subprocess.Popen(command, cwd=paths.BACKEND, env=env, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(60) == 0
    assert not is_running(folder)


def test_secrets_are_made_once_and_are_nobody_elses(folder: Path) -> None:
    state = State(folder)
    state.prepare()
    first = state.secrets()
    assert state.secrets() == first
    assert len(first["DJANGO_SECRET_KEY"]) >= 50
    assert (folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_given_servers_are_used_and_nothing_is_started(folder: Path) -> None:
    given = {"POSTGRES_HOST": "db.example", "POSTGRES_PASSWORD": "x", "REDIS_URL": "redis://redis.example/0"}
    with services.running(folder, given=given) as env:
        assert env["POSTGRES_HOST"] == "db.example"
        assert env["REDIS_URL"] == "redis://redis.example/0"
    assert not (folder / "postgres").exists()


def test_sqlite_needs_no_server(folder: Path) -> None:
    with services.running(folder, given={"DB_ENGINE": "sqlite"}) as env:
        assert env["SQLITE_PATH"] == str(folder / "db.sqlite3")
        assert "REDIS_URL" not in env
        assert "POSTGRES_HOST" not in env
    assert not (folder / "valkey").exists()


def test_wipe_refuses_a_folder_that_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("kept")
    with pytest.raises(ToolError):
        services.wipe(tmp_path)
    assert (tmp_path / "letter.txt").exists()


def test_wipe_refuses_a_state_in_use(folder: Path) -> None:
    with services.running(folder, durable=False, given={}), pytest.raises(ToolError):
        services.wipe(folder)
    started = time.monotonic()
    services.wipe(folder)
    assert not folder.exists()
    assert time.monotonic() - started < 30


def test_servers_over_a_removed_folder_end_with_their_owner(folder: Path) -> None:
    with services.running(folder, durable=False, given={}):
        pids = [int(entry["pid"]) for entry in State(folder).read("services.json").values()]
        shutil.rmtree(folder)
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
