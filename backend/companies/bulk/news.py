"""Who hears of bulk work when it has ended: each new responsible once, deciders of deletions once, open lists once."""

from __future__ import annotations

from django.db.models import Count, Q

from accounts.models import User
from accounts.roles import Role
from common.realtime import publish_on_commit
from common.text import plural
from companies.edits.requests import TOPIC
from jobs.models import Job, JobRow, RowStatus
from notifications.models import Kind
from notifications.services import create_notification


def tell(job: Job) -> None:
    if job.params["action"] == "responsible":
        _tell_receivers(job)
    elif job.params["action"] == "delete_request":
        _tell_deciders(job)


def refresh_lists(job: Job) -> None:
    """Open pages of the author look again."""
    if job.created_by_id is not None:
        publish_on_commit(f"user.{job.created_by_id}", {"type": "resync"})


def _done(job: Job) -> int:
    return JobRow.objects.filter(job=job, status=RowStatus.DONE).count()


def _tell_receivers(job: Job) -> None:
    rows = JobRow.objects.filter(job=job, status=RowStatus.DONE).order_by()
    counts = dict(rows.values_list("result__to").annotate(c=Count("n")))
    for person in User.objects.filter(pk__in=[pk for pk in counts if pk], is_active=True):
        count = counts[person.pk]
        verb = plural(count, "передана", "переданы", "передано")
        title = f"Вам {verb} {count} {plural(count, 'компания', 'компании', 'компаний')}"
        _notify(job, person, title, url="/companies/?responsible=me", count=count)
        publish_on_commit(f"user.{person.pk}", {"type": "resync"})


def _tell_deciders(job: Job) -> None:
    count = _done(job)
    if not count:
        return
    for person in User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True):
        _notify(job, person, f"Запросы на удаление: {count}", url="/requests/", count=count)
    publish_on_commit(TOPIC, {"type": "requests"})


def _notify(job: Job, person: User, title: str, *, url: str, count: int) -> None:
    """One notice for one outcome of the job, whoever tells it again."""
    author = job.created_by
    create_notification(
        user=person,
        actor=author,
        title=title,
        body=author.label if author else "",
        kind=Kind.COMPANY,
        url=url,
        dedupe_key=f"bulk:{job.pk}:{count}",
    )
