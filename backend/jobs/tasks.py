"""What a worker is called for by name."""

from __future__ import annotations

import uuid

from celery import shared_task

from jobs import engine
from jobs.admission import RUN_TASK


@shared_task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run_job(job_id: str) -> None:
    engine.run(job_id=uuid.UUID(job_id))
