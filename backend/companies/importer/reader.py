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
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from companies.importer.child import Job
from companies.importer.errors import BadFile
from companies.importer.typed import BLOCK, Ask

log = logging.getLogger(__name__)
READERS = 2
LONG_BYTES = 512 * 1024
PORTION_BYTES = 1024 * 1024
TAIL_BYTES = 4_000
# how answers begin
ROW, BAD, END = b'{"number":', b'{"bad":', b'{"end":'


def answers(job: Job) -> Iterator[Any]:
    """What `child` finds, answer by answer. Raises BadFile when it refuses, dies, or keeps us waiting for too long."""
    for line in _said("companies.importer.child", job.dump(), job.limits.parse_s):
        if line:
            yield json.loads(line)


def rows(ask: Ask) -> Iterator[str]:
    """The rows that `typed` reads, each as JSON text. Raises BadFile likewise.

    Most of the time goes into understanding, so a long text is read by two at once, who take blocks in turn; a
    workbook is held in memory whole and read by one.
    """
    is_long = ask.job.encoding is not None and Path(ask.job.path).stat().st_size >= LONG_BYTES
    parts = min(READERS, os.process_cpu_count() or 1) if is_long else 1
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(_read(replace(ask, part=n, parts=parts)))) for n in range(parts)]
        for reader in readers:
            next(reader)  # all are at work before the first is heard
        yield from _in_turn(readers)


def _in_turn(readers: Sequence[Iterator[str]]) -> Iterator[str]:
    for reader in cycle(readers):
        block = list(islice(reader, BLOCK))
        yield from block
        if len(block) < BLOCK:
            break
    # the others have nothing more to say than that they have come to the end too
    if any(list(reader) for reader in readers):
        raise BadFile("changed")


def _read(ask: Ask) -> Generator[str]:
    limits = ask.job.limits
    for line in _said("companies.importer.typed", ask.dump(), limits.parse_s + limits.understanding_s):
        if not line or line.startswith(ROW):
            yield line.decode("ascii")


def _said(module: str, question: str, patience_s: float) -> Iterator[bytes]:
    """The lines of a child's answer; the first one is empty and says that it has been started."""
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
                yield (line := b"")
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
            block = os.read(source, PORTION_BYTES)
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
