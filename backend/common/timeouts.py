"""A limit on what one statement may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

CANCELLED = "57014"  # SQLSTATE query_canceled: the statement's time was over


class OutOfTime(Exception):
    """A statement took longer than it may take."""


@contextmanager
def short_statements(limit_ms: int, **config: str) -> Iterator[None]:
    """Each statement inside has its own limit, and settings of PostgreSQL of its own; over it raises OutOfTime.

    Nothing is written inside, so the transaction is rolled back: that takes limit and settings away again.
    """
    chosen = {"statement_timeout": str(limit_ms), **config}
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                parts = ", ".join(["set_config(%s, %s, true)"] * len(chosen))
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT {parts}", [text for pair in chosen.items() for text in pair])
            yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != CANCELLED:
            raise
        raise OutOfTime from error
