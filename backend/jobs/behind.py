"""COPY whose end is not waited for: PostgreSQL stores the rows of one table while the next ones are being made.

Inside `behind()` the answer to a COPY is fetched before the next statement of this module or of `bulk`, or at the end.
Any other statement in between is refused by psycopg («another command is already in progress»): call `settle` first.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from django.db import DatabaseError, connection
from psycopg import errors
from psycopg.copy import LibpqWriter
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait


class _State(threading.local):
    is_behind = False
    left: _Writer | None = None


_state = _State()


class _Writer(LibpqWriter):
    """Says that the data has ended, and leaves the answer on the line."""

    def finish(self, exc: BaseException | None = None) -> None:
        if exc is not None:
            super().finish(exc)
            return
        self.connection.wait(_end(self._pgconn))
        _state.left = self

    def answer(self) -> None:
        """Raises what the COPY has raised."""
        for result in self.connection.wait(fetch_many(self._pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)


def _end(pgconn: PGconn) -> Generator[Wait, Ready | int]:
    while pgconn.put_copy_end() == 0:
        yield Wait.W
    while pgconn.flush():
        yield Wait.W


@contextmanager
def behind() -> Iterator[None]:
    """Do not wait for each COPY of `bulk` in this block; leaving it waits for the last one.

    Foreign keys are compared on the way too, and not all at the commit, for which everybody would have to wait.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _state.is_behind = True
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        _state.is_behind = False
        # after an error the line is needed for the rollback; what it says then comes of that error
        with nullcontext() if is_whole else suppress(DatabaseError):
            settle()


def settle() -> None:
    """Wait for the COPY that is on its way, if one is. Raises its error as Django's."""
    left, _state.left = _state.left, None
    if left is not None:
        with connection.wrap_database_errors:
            left.answer()


def copy(cursor: Any, statement: str) -> Any:
    """`cursor.copy` of Django's cursor, with an end that is waited for, or not."""
    settle()
    if not _state.is_behind:
        return cursor.copy(statement)
    bare = cursor.cursor
    return bare.copy(statement, writer=_Writer(bare))
