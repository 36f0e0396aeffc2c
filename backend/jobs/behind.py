"""COPY in a thread of its own: PostgreSQL stores rows while Python makes the next ones.

Inside `behind()` a COPY of `bulk` is handed over and goes on by itself. Any other statement waits for those before it
first, so that each sees what the program has written so far; an error of a COPY is raised there, or at the end.
Only `iterator()` is not for such a block: its cursor stands in the server, and its rows are fetched past Django.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from django.db import DatabaseError, connection
from psycopg import Connection

# what `Copy.write_row` makes of a row; psycopg gives it no other name
from psycopg._copy_base import TextFormatter
from psycopg.adapt import Transformer

type Cells = Sequence[object]

# The thread has next to nothing to compute, but it waits for as long as this before it may hand the next rows over;
# Python's own 5 ms are more than PostgreSQL takes for a part of them.
SWITCH_S = 0.0001


class _State(threading.local):
    line: _Line | None = None


class _Haste:
    """The switch interval of the process, which all of its blocks share: the last one to end puts it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks, self.usual_s = 0, 0.0

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self.lock:
            if not self.blocks:
                self.usual_s = sys.getswitchinterval()
                sys.setswitchinterval(min(SWITCH_S, self.usual_s))
            self.blocks += 1
        try:
            yield
        finally:
            with self.lock:
                self.blocks -= 1
                if not self.blocks:
                    sys.setswitchinterval(self.usual_s)


_state = _State()
_haste = _Haste()


class _Line:
    """What one block has to write, one after the other."""

    def __init__(self, bare: Connection) -> None:
        self.bare = bare
        self.thread = ThreadPoolExecutor(1, "copy")
        self.ahead: list[Future[None]] = []

    def copy(self, statement: str, rows: Iterable[Cells]) -> None:
        self.ahead.append(self.thread.submit(self._copy, statement, self._text_of(rows)))

    def execute(self, statement: str, values: Sequence[str]) -> None:
        self.ahead.append(self.thread.submit(self._execute, statement, values))

    def _text_of(self, rows: Iterable[Cells]) -> bytes:
        """Made in the caller's thread: in the other one each row would wait for its turn."""
        formatter = TextFormatter(Transformer.from_context(self.bare))
        with connection.wrap_database_errors:
            blocks = [bytes(formatter.write_row(cells)) for cells in rows]
        return b"".join([*blocks, bytes(formatter.end())])

    def _copy(self, statement: str, text: bytes) -> None:
        with self.bare.cursor() as cursor, cursor.copy(statement) as out:
            out.write(text)

    def _execute(self, statement: str, values: Sequence[str]) -> None:
        self.bare.execute(statement, values)

    def settle(self) -> None:
        """Raises what the first of them that failed has raised; those after it have no transaction any more."""
        wait(self.ahead)  # whoever is interrupted here waits once more before taking anything back
        ahead, self.ahead = self.ahead, []
        with connection.wrap_database_errors:
            for written in ahead:
                written.result()

    def close(self) -> None:
        self.thread.shutdown(cancel_futures=True)


@contextmanager
def behind() -> Iterator[None]:
    """Do not wait for each COPY of `bulk` in this block; leaving it waits for all. A block inside is part of it."""
    if _state.line is not None or connection.vendor != "postgresql":
        yield
        return
    if not connection.in_atomic_block:  # its commit would not wait
        raise RuntimeError("behind() outside of a transaction")
    line = _Line(connection.connection)
    with _haste.shared(), _put(line):
        try:
            with connection.execute_wrapper(_after_those_before):
                yield
            line.settle()
        finally:
            line.close()


@contextmanager
def at_once() -> Iterator[None]:
    """In this block nothing is handed over, also where it stands inside of `behind()`."""
    settle()
    with _put(None):
        yield


@contextmanager
def _put(line: _Line | None) -> Iterator[None]:
    before, _state.line = _state.line, line
    try:
        yield
    finally:
        _state.line = before


def _after_those_before(execute: Callable[..., Any], statement: Any, *values: Any) -> Any:
    """Whoever takes everything back need not hear that it has failed."""
    with suppress(DatabaseError) if str(statement).startswith("ROLLBACK") else nullcontext():
        settle()
    return execute(statement, *values)


def settle() -> None:
    """Wait for what is on its way. Raises its first error as Django's."""
    if _state.line is not None:
        _state.line.settle()


def copy(statement: str, rows: Iterable[Cells]) -> None:
    """Store `rows`: now, or in their turn."""
    if _state.line is not None:
        _state.line.copy(statement, rows)
        return
    # Django does not translate the errors of a COPY, and who catches them knows only its own
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as out:
        for cells in rows:
            out.write_row(cells)


def execute(statement: str, values: Sequence[str]) -> None:
    """A statement whose answer nobody needs: now, or in its turn."""
    if _state.line is not None:
        _state.line.execute(statement, values)
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
