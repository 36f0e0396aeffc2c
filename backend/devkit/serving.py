"""Server processes for tests and benches: how one is started, how long one waits for it, what it weighs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

LIMIT_S = 60.0


def server_command(kind: str, port: int) -> list[str]:
    """`serve` (Daphne) or `gunicorn`, one process on loopback; run it in `backend/`."""
    if kind == "gunicorn":
        workers = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--preload"]
        return [sys.executable, "-m", "gunicorn", "crm.wsgi", *workers, "--bind", f"127.0.0.1:{port}"]
    return [sys.executable, "manage.py", "serve", "--port", str(port)]


def wait_until[T](holds: Callable[[], T], what: str, limit_s: float = LIMIT_S) -> T:
    """The first true value of `holds`; an assertion with `what` when there is none in time."""
    until = time.monotonic() + limit_s
    pause = threading.Event()
    while time.monotonic() < until:
        value = holds()
        if value:
            return value
        pause.wait(0.05)
    raise AssertionError(f"not in time: {what}")


def family(pid: int) -> list[int]:
    """The process and its children (workers of gunicorn)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def rss_kib(pid: int) -> int:
    """Resident memory of one process, KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def descriptors(pid: int) -> int:
    """Open files of one process."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 (thousands of names, no paths wanted)


def cpu_s(pid: int) -> float:
    """Processor time of one process so far, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
