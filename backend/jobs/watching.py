"""Who may watch a job live: whoever may see it."""

from __future__ import annotations

from accounts.models import User
from common.ids import parse_uuid
from jobs.selectors import visible_jobs


def may_watch_job(user: User, key: str) -> bool:
    """The same answer for a missing job and somebody else's; one spelling of the key, that of the publisher."""
    job_id = parse_uuid(key)
    return job_id is not None and str(job_id) == key and visible_jobs(user).filter(pk=job_id).exists()
