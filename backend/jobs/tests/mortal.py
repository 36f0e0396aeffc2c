"""A process that makes workers which kill themselves: one line «job statement» in, one line out.

It has no connections and no threads of its own, so its copies are made cheaply and share nothing with each other.
"""

from __future__ import annotations

import os
import signal
import sys
import uuid

from jobs import engine
from jobs.tests.stand import before_statement


def work(job_id: uuid.UUID, point: int) -> None:
    """SIGKILL before the statement with this number, or after it when the number is negative."""

    def act(k: int) -> None:
        if k == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with before_statement(act):
        engine.run(job_id=job_id)


def main() -> None:
    for line in sys.stdin:
        job_id, point = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                work(uuid.UUID(job_id), int(point))
                os._exit(0)
            finally:
                os._exit(1)
        _pid, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
