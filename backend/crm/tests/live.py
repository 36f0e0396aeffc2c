"""A running site for tests: real server processes on the test database, real simulated phones, a real browser."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from conftest import PASSWORD
from devkit.ports import free_port
from devkit.serving import LIMIT_S, server_command, wait_until

BACKEND = Path(__file__).resolve().parents[2]


class Server:
    """One `manage serve` on the test database, or gunicorn."""

    def __init__(self, log: Path, *, kind: str = "serve", **env: str) -> None:
        self.kind = kind
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.env = {
            **os.environ,
            "DJANGO_DEBUG": "0",
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "PUBLIC_BASE_URL": self.url,
            "CRM_DRAIN_S": "3",
            **env,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                server_command(self.kind, self.port), cwd=BACKEND, env=self.env, stdout=out, stderr=out
            )
        wait_until(self.answers, f"the server answers; see {self.log}")
        return self

    def answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:  # noqa: S310 (loopback)
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def end(self, how: int = signal.SIGTERM) -> int:
        """Stop the server; its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        return self.process.wait(60)


class Phone:
    """A simulated phone in a process of its own, heard through its events."""

    def __init__(self, url: str, username: str, password: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "dialer", "--url", url, "--username", username, "--password", password]
        self.process = subprocess.Popen(
            [*command, "--events", *arguments],
            cwd=BACKEND,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.startswith("{"):
                self.events.put(json.loads(line))

    def wait(self, event: str, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """The next event of this name."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            try:
                found = self.events.get(timeout=max(until - time.monotonic(), 0.01))
            except queue.Empty:
                break
            self.seen.append(found)
            if found["event"] == event:
                return found
        raise AssertionError(f"the phone never said {event}: {[e['event'] for e in self.seen]}")

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(15)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium of the machine."""
    path = os.environ.get("CRM_CHROMIUM") or "/usr/bin/chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        try:
            yield browser
        finally:
            browser.close()


class Seat:
    """A person at a browser; everything that the console says is kept, CSP violations among it."""

    def __init__(
        self, browser: Browser, url: str, *, javascript: bool = True, width: int = 1440, dark: bool = False
    ) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            locale="ru-RU",
            color_scheme="dark" if dark else "light",
        )
        self.url = url
        self.complaints: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def log_in(self, username: str, password: str) -> Page:
        self.page.goto(f"{self.url}/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.click("form [type=submit]")
        self.page.wait_for_url(f"{self.url}/")
        return self.page

    def open(self, path: str, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(self.url + path)
        return page


@contextmanager
def seated(folder: Path, *names: str, look: Mapping[str, Any] | None = None, **env: str) -> Iterator[tuple[Seat, ...]]:
    """A server and these people, each logged in at a browser of their own (`look`: how); the server has to end well.

    Playwright keeps an event loop in this thread; the ORM of the test itself is used between its calls only.
    """
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        server = Server(folder / "server.log", **env).start()
        with chromium() as browser:
            seats = tuple(Seat(browser, server.url, **(look or {})) for _ in names)
            for seat, name in zip(seats, names, strict=True):
                seat.log_in(name, PASSWORD)
            yield seats
        assert server.end() == 0


def waiters(cursor: Any, table: str = "") -> int:
    """How many locks somebody waits for: on this table, or any."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND (%s = '' OR relation = to_regclass(%s))"
    cursor.execute(query, [table, table])
    return int(cursor.fetchone()[0])
