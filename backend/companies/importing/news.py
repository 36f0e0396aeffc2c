"""Who hears that an import has ended: its author, wherever that person is by then."""

from __future__ import annotations

from collections.abc import Mapping

from audit.models import Source, Verb
from audit.services import log_event
from companies.importing.words import CREATED, UPDATED
from jobs.models import Job, RowStatus
from jobs.selectors import job_counts
from notifications.models import Kind
from notifications.services import create_notification

KIND = "hidden_companies"


def keep_taken(job: Job, outcomes: Mapping[tuple[str, str], int]) -> None:
    """Whoever asks a file about many companies learns which of them are somebody's: that stands in the trail."""
    taken = sum(n for (_, code), n in outcomes.items() if code == "not_yours")
    if not taken:
        return
    log_event(
        actor=job.created_by,
        verb=Verb.VIEW_SENSITIVE,
        entity_type=KIND,
        entity_id=str(job.pk),
        message=f"{job.title}: строк о компаниях других сотрудников — {taken}"[:300],
        source=Source.IMPORT,
    )


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
