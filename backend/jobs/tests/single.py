"""One process without Celery and Redis: its own loop starts a job, does it, and takes it back. Prints what it saw."""

from __future__ import annotations

import asyncio
import json
import sys

from asgiref.sync import sync_to_async

from accounts.models import Branch, User
from common.realtime import hub
from jobs import services
from jobs.models import Job
from jobs.selectors import job_counts
from jobs.tests.stand import begin, codes, make


def _made() -> tuple[User, Job]:
    user = User.objects.create_user(username="anna")
    frozen = make(user, codes(1))
    assert services.stage_selection(job=frozen, selection=User.objects.all(), version="auth_epoch") == 2
    assert services.discard(job=frozen)
    return user, begin(user, [*codes(6), *codes(1, blind=True)])


async def ended(job: Job) -> Job:
    """Somebody else has to do the work: this only looks."""
    async with asyncio.timeout(30):
        while not job.is_ended:
            await asyncio.sleep(0.05)
            await job.arefresh_from_db()
    return job


async def live() -> None:
    hub()
    user, job = await sync_to_async(_made)()
    done = await ended(job)
    counts = await sync_to_async(job_counts)(done)
    seen = [done.status, counts.by_status(), await Branch.objects.acount()]
    job = await ended(await sync_to_async(services.undo)(job=job, actor=user))
    seen += [job.status, await Branch.objects.acount()]
    sys.stdout.write(json.dumps(seen) + "\n")


def main() -> None:
    asyncio.run(live())
