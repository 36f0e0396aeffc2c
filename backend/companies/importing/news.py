"""Who hears that an import has ended: its author, wherever that person is by then."""

from __future__ import annotations

from companies.importing.words import CREATED, UPDATED
from jobs.models import Job, RowStatus
from jobs.selectors import job_counts
from notifications.models import Kind
from notifications.services import create_notification


def tell(job: Job) -> None:
    """One bell for each end; who has left gets none."""
    author = job.created_by
    if author is None or not author.is_active:
        return
    rows = job_counts(job).rows
    made = {code: sum(n for (_, of), n in rows.items() if of == code) for code in (CREATED, UPDATED)}
    refused = sum(n for (status, _), n in rows.items() if status == RowStatus.REFUSED)
    parts = [f"создано {made[CREATED]}", f"дополнено {made[UPDATED]}"]
    if refused:
        parts.append(f"не загружено {refused}")
    create_notification(
        user=author,
        title=f"{job.get_status_display()}: {job.title}"[:200],
        body=", ".join(parts),
        kind=Kind.COMPANY,
        url=f"/imports/{job.pk}/",
        dedupe_key=f"import:{job.pk}:{job.cursor}:{job.status}",
    )
