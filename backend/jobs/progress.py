"""What pages hear of a job: `progress` frames of the topic `job.<id>`, a hint that they may read it again."""

from __future__ import annotations

import time
import uuid
from functools import partial
from typing import Any

from django.db import transaction

from common.realtime import publish_on_commit
from jobs.models import Job
from jobs.selectors import job_counts

EVERY_S = 0.5
# counting takes at most one part in so many of a worker's time
COST = 50


def topic(job_id: uuid.UUID) -> str:
    return f"job.{job_id}"


def frame_of(job: Job) -> dict[str, Any]:
    """`cursor` of `total` rows of the present direction; `counts` are rows by what became of them."""
    counts = job_counts(job)
    return {
        "type": "progress",
        "job": str(job.pk),
        "status": job.status,
        "cursor": job.passed,
        "total": job.ahead,
        "counts": counts.by_undo() if job.phase == "undo" else counts.by_status(),
    }


def tell_on_commit(job_id: uuid.UUID) -> None:
    """A change of the status is always told, as it is once the transaction has committed."""
    transaction.on_commit(partial(_tell, job_id), robust=True)


def _tell(job_id: uuid.UUID) -> None:
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        publish_on_commit(topic(job_id), frame_of(job))


class Pulse:
    """The frames between two changes of the status: at most one in `EVERY_S`, fewer when the rows are dear to count.

    It starts as if one had just been sent, so two workers in turn keep the pace of one.
    """

    def __init__(self, job_id: uuid.UUID) -> None:
        self.job_id = job_id
        self.next_at = time.monotonic() + EVERY_S

    def beat(self) -> None:
        """After a chunk."""
        now = time.monotonic()
        if now >= self.next_at:
            _tell(self.job_id)
            took_s = time.monotonic() - now
            self.next_at = now + max(EVERY_S, COST * took_s)
