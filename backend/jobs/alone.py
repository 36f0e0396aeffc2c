"""Jobs without Celery: the process that serves sockets does them itself, in one thread of its own."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, close_old_connections

from common.realtime import is_draining
from jobs import engine, leases, upkeep

logger = logging.getLogger(__name__)
PAUSE_S = 1.0
# Own thread: a turn of a job must not hold the queries of sockets.
POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")


async def keep() -> None:
    """The loop of a process that is on its own."""
    while True:
        try:
            await asyncio.get_running_loop().run_in_executor(POOL, take_turns)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Jobs wait for the database: %s", error)
        await asyncio.sleep(PAUSE_S)


def take_turns() -> None:
    """One turn for every job that has nobody; a process that lets its sockets go ends the turn at the next chunk."""
    close_old_connections()
    try:
        upkeep.sweep()
        for job_id in list(leases.due().values_list("pk", flat=True)):
            engine.run(job_id=job_id, should_stop=is_draining)
    finally:
        close_old_connections()
