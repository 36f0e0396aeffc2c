"""Servers of their own for a bench, people with tokens, processors to stand on, and the words about the machine."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import django

from bench._fleet import raise_file_limit
from devkit.ports import free_port
from devkit.serving import cpu_s, family, rss_kib

if TYPE_CHECKING:
    from accounts.models import User

BACKEND = Path(__file__).resolve().parents[1]
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU = {CPUS[0]}
CLIENT_CPU = {CPUS[-1]}


@dataclass
class Person:
    """Somebody with a phone: `token` opens the socket, the polls and the REST click."""

    user: User
    token: str

    @property
    def device_id(self) -> str:
        return f"bench-{self.user.pk}"


def prepare(count: int) -> list[Person]:
    """Migrate, and make `count` people with a phone and a token each, without passwords and without calls."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from accounts import tokens
    from accounts.models import User
    from phonebridge.models import CallReport, CallRequest, PhoneDevice

    raise_file_limit()
    call_command("migrate", verbosity=0)
    names = [f"bench{n}" for n in range(count)]
    User.objects.bulk_create([User(username=n, password="!") for n in names], ignore_conflicts=True)  # noqa: S106
    known = {u.username: u for u in User.objects.filter(username__in=names).select_related("branch")}
    people = [Person(known[name], "") for name in names]
    CallReport.objects.filter(user__in=known.values()).delete()
    CallRequest.objects.filter(user__in=known.values()).delete()
    phones = [PhoneDevice(user=p.user, device_id=p.device_id) for p in people]
    PhoneDevice.objects.bulk_create(phones, ignore_conflicts=True)
    for person in people:
        person.token = tokens.issue_pair(person.user, rotating=True).access
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return people


COMMANDS = {
    "daphne": ["manage.py", "serve", "--port", "{port}"],
    "uvicorn": [
        *("-m", "uvicorn", "crm.asgi:application", "--port", "{port}", "--ws", "websockets-sansio"),
        *("--lifespan", "off", "--ws-ping-interval", "3600", "--log-level", "error", "--no-access-log"),
    ],
    "gunicorn": [
        *("-m", "gunicorn", "crm.wsgi:application", "--bind", "127.0.0.1:{port}", "--workers", "1"),
        *("--threads", "{threads}", "--worker-class", "gthread", "--worker-connections", "8000"),
        *("--keep-alive", "75", "--log-level", "error"),
    ],
    "plain": ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "bench._plain:application"],
}


class Site:
    """One server process."""

    def __init__(self, kind: str, *, cpus: set[int] | None = None, port: int = 0, threads: int = 8) -> None:
        self.kind, self.cpus, self.port = kind, cpus or set(), port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        values = {"port": str(self.port), "threads": str(threads)}
        self.command = [sys.executable, *(part.format(**values) for part in COMMANDS[kind])]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Site:
        env = {**os.environ, "DJANGO_DEBUG": "0", "CRM_DRAIN_S": "1", "PYTHONPATH": str(BACKEND)}
        before = partial(os.sched_setaffinity, 0, self.cpus) if self.cpus else None
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            self.command,
            cwd=BACKEND,
            env=env,
            stdout=quiet,
            stderr=quiet,
            preexec_fn=before,
        )
        until = time.monotonic() + 60
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit(f"Сервер {self.kind} не запустился.")
            time.sleep(0.2)
        return self

    def answers(self) -> bool:
        path = "/" if self.kind == "plain" else "/health/ready"
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 (loopback)
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return self.kind == "plain"
        except (urllib.error.URLError, OSError):
            return False

    def pids(self) -> list[int]:
        """The process and its children (workers of gunicorn)."""
        assert self.process is not None  # noqa: S101 (typing)
        return family(self.process.pid)

    def rss_kib(self) -> int:
        """Resident memory, KiB."""
        return sum(rss_kib(pid) for pid in self.pids())

    def cpu_s(self) -> float:
        """Processor time so far, seconds."""
        return sum(cpu_s(pid) for pid in self.pids())

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


@contextmanager
def serving(kind: str, **options: object) -> Iterator[Site]:
    """A server for the time of the block."""
    site = Site(kind, **options).start()  # type: ignore[arg-type]
    try:
        yield site
    finally:
        site.end()


def node() -> str:
    """Node's program, or '' where there is none."""
    return shutil.which("node") or ""


def machine() -> str:
    """Date, cores, versions and limits, for the head of a table."""
    names = ("django", "channels", "channels-redis", "daphne", "uvicorn", "gunicorn", "redis", "psycopg")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    day = datetime.now(UTC).date().isoformat()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return (
        f"{day} · {os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()} · "
        f"Python {platform.python_version()}, {packages} · open files {files} · servers on core {min(SERVER_CPU)}, "
        f"clients on core {min(CLIENT_CPU)}, PostgreSQL and Valkey where the kernel puts them"
    )


def percentile(values: list[float], share: float) -> float:
    """The value at `share` (0–1) of the sorted values; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def table(head: list[str], rows: list[list[object]]) -> str:
    """A Markdown table; numbers are shown as they are given."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def ms(value: float) -> str:
    """Milliseconds with as many digits as mean something."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
