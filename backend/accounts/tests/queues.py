"""Requests that meet in the database at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

LIMIT_S = 5.0
TICK_S = 0.02


class Queue:
    """Threads that wait, one behind the other, for a row that somebody holds."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.answers: dict[str, Any] = {}

    def join(self, name: str, call: Callable[[], Any]) -> None:
        """Start a call and return when it stands in the queue."""

        def run() -> None:
            try:
                self.answers[name] = call()
            finally:
                connection.close()

        before = _waiting()
        thread = threading.Thread(target=run)
        self.threads.append(thread)
        thread.start()
        tick = threading.Event()
        for _ in range(int(LIMIT_S / TICK_S)):
            if _waiting() > before:
                return
            tick.wait(TICK_S)
        raise AssertionError(f"{name} does not wait for the row")

    def finish(self) -> dict[str, Any]:
        for thread in self.threads:
            thread.join(LIMIT_S)
        assert not any(thread.is_alive() for thread in self.threads)
        return self.answers


@contextmanager
def held(row: Model) -> Iterator[Queue]:
    """The row (a person, a call) is held; on leaving it is let go and the queue runs."""
    queue = Queue()
    with transaction.atomic():
        type(row)._base_manager.select_for_update(no_key=True).get(pk=row.pk)
        yield queue
    queue.finish()


def _waiting() -> int:
    with connection.cursor() as cursor:
        # a transaction sees one snapshot of who waits until it asks for another
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return int(row[0])
