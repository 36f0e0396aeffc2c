"""Workers in processes of their own, on the database of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from jobs.models import Job

BACKEND = Path(__file__).resolve().parents[2]
CODE = "import sys, django; django.setup(); from jobs.tests.stand import main; main(sys.argv[1])"


def database_env() -> dict[str, str]:
    """The environment of a process that works on the test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "POSTGRES_DB": str(connection.settings_dict["NAME"]),
    }


def worker(job: Job, **env: str) -> subprocess.Popen[str]:
    """A real worker process that runs one turn of the job."""
    return subprocess.Popen(
        [sys.executable, "-c", CODE, str(job.pk)],
        cwd=BACKEND,
        env={**database_env(), **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def working(job: Job, **env: str) -> Iterator[subprocess.Popen[str]]:
    process = worker(job, **env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def waits(latch: int) -> bool:
    """Is somebody waiting for this advisory lock?"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE locktype = 'advisory' AND objid = %s AND NOT granted AND datname = current_database()",
            [latch],
        )
        return bool(cursor.fetchone()[0])


def is_anybody_busy() -> bool:
    """Is another session of this database inside a transaction?"""
    return _is_there_a_session("xact_start IS NOT NULL")


def is_anybody_blocked() -> bool:
    """Does another session of this database wait for a lock?"""
    return _is_there_a_session("wait_event_type = 'Lock'")


def _is_there_a_session(which: str) -> bool:
    with connection.cursor() as cursor:
        # within a transaction the first look would be the last one
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"  # noqa: S608
            f" AND backend_type = 'client backend' AND {which}"
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def latched(latch: int) -> Iterator[None]:
    """Hold what a row with `wait` waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [latch])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [latch])


class Mortals:
    """Workers that end at a statement of one's choice."""

    def __init__(self) -> None:
        code = "import django; django.setup(); from jobs.tests.mortal import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=BACKEND,
            env=database_env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def killed_at(self, job: Job, point: int) -> bool:
        """A turn of a worker that is killed before its `point`-th statement, or after it when `point` is negative.

        False when it came to the end of its turn before that.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{job.pk} {point}\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        assert code in {0, -signal.SIGKILL}
        return code != 0

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
