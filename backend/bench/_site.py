"""A server of its own for a bench, people with tokens, and the words about the machine."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import django

BACKEND = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(count: int) -> list[str]:
    """Migrate, make `count` people without passwords and without calls; their access tokens."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()
    from django.core.management import call_command

    from accounts import tokens
    from accounts.models import User
    from phonebridge.models import CallRequest

    call_command("migrate", verbosity=0)
    names = [f"bench{n}" for n in range(count)]
    User.objects.bulk_create([User(username=n, password="!") for n in names], ignore_conflicts=True)  # noqa: S106
    people = {u.username: u for u in User.objects.filter(username__in=names)}
    CallRequest.objects.filter(user__in=people.values()).delete()
    return [tokens.issue_pair(people[n], rotating=True).access for n in names]


@contextmanager
def serving() -> Iterator[str]:
    """`manage serve` on loopback; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, "DJANGO_DEBUG": "0", "CRM_DRAIN_S": "1"}
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=BACKEND, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not _answers(url):
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit("Сервер не запустился.")
            time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:  # noqa: S310 (loopback)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def machine() -> str:
    """Date, cores and versions, for the head of a table."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "channels", "daphne", "redis", "psycopg"))
    day = datetime.now(UTC).date().isoformat()
    return f"{day} · {os.cpu_count()} cores, {platform.machine()} · Python {platform.python_version()}, {packages}"


def percentile(values: list[float], share: float) -> float:
    """The value at `share` (0–1) of the sorted values; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
