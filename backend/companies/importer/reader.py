"""Runs the child that parses and hears its answers; this process never opens a user's table itself."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings

from companies.importer.child import Job
from companies.importer.errors import BadFile
from companies.importer.typed import Ask

log = logging.getLogger(__name__)
BLOCK = 1024 * 1024
TAIL_BYTES = 4_000
# how answers begin
ROW, BAD, END = b'{"number":', b'{"bad":', b'{"end":'


def answers(job: Job) -> Iterator[Any]:
    """What `child` finds, answer by answer. Raises BadFile when it refuses, dies, or keeps us waiting for too long."""
    for line in _said("companies.importer.child", job.dump(), job.limits.parse_s):
        yield json.loads(line)


def rows(ask: Ask) -> Iterator[str]:
    """The rows that `typed` reads, each as JSON text. Raises BadFile likewise."""
    limits = ask.job.limits
    for line in _said("companies.importer.typed", ask.dump(), limits.parse_s + limits.understanding_s):
        if line.startswith(ROW):
            yield line.decode("ascii")


def _said(module: str, question: str, patience_s: float) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, question],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=settings.BASE_DIR,
            env=_environment(),
        )
        with process:
            try:
                assert process.stdout is not None  # noqa: S101 (asked for above)
                line = b""
                for line in _lines(process.stdout.fileno(), patience_s):
                    if line.startswith(BAD):
                        code, numbers = json.loads(line)["bad"]
                        raise BadFile(code, **numbers)
                    yield line
                if not line.startswith(END):
                    raise _death(process.wait(), errors)
            finally:
                process.kill()


def _environment() -> dict[str, str]:
    """No keys, passwords or addresses of servers for a process that reads strangers' files."""
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
    path = os.pathsep.join(part for part in (str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")) if part)
    return kept | {"PYTHONPATH": path, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _lines(source: int, patience_s: float) -> Iterator[bytes]:
    """Lines as they come. Only the time of our waiting counts: a slow consumer is not the file's fault."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        while True:
            started = time.monotonic()
            if patience_s <= 0 or not selector.select(patience_s):
                raise BadFile("too_heavy")
            patience_s -= time.monotonic() - started
            block = os.read(source, BLOCK)
            if not block:
                return
            *lines, rest = (rest + block).split(b"\n")
            yield from lines


def _death(code: int, errors: IO[bytes]) -> BadFile:
    """Stopped by a limit, or fallen over the file; what it said last is for the administrator."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - TAIL_BYTES))
    log.error("The parser of imports ended with %s: %s", code, errors.read().decode("utf-8", "replace"))
    return BadFile("too_heavy" if code < 0 else "damaged")
