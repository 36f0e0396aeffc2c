"""Bulk work as a kind of background work."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from common.errors import DomainError
from companies.bulk import news
from companies.bulk.catalog import action_of
from companies.bulk.rows import Chunk
from companies.bulk.undo import Undo
from jobs.handlers import ChangeRecorder, Handler, RowOutcome, UndoOutcome
from jobs.models import ChangeLog, Job, JobRow, Phase

KIND = "companies.bulk"


class NoAuthor(DomainError):
    code = "no_author"


class CompanyBulk(Handler):
    """One of a person and a few of the installation run at a time."""

    kind = KIND
    most_per_user = 1

    def __init__(self) -> None:
        self.chunk_size = settings.BULK_CHUNK
        self.most_running = settings.BULK_RUNNING
        self.undo_within = settings.BULK_UNDO

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        return Chunk(job, author_of(job), action_of(job.params["action"]), log).run(rows)

    def undo(self, job: Job, entries: list[ChangeLog]) -> list[UndoOutcome]:
        return Undo(job, author_of(job), action_of(job.params["action"])).run(entries)

    def finish(self, job: Job) -> None:
        if job.phase == Phase.APPLY:
            news.tell(job)
        news.refresh_lists(job)

    def stopped(self, job: Job) -> None:
        self.finish(job)

    def may_see(self, user: User) -> Q:
        return self.may_manage(user)

    def may_manage(self, user: User) -> Q:
        """One's own; administrators all."""
        return Q() if user.is_admin else Q(created_by=user)


def author_of(job: Job) -> User:
    """As this moment knows the person: rights are asked anew in each chunk. Raises NoAuthor."""
    author = User.objects.select_related("branch").filter(pk=job.created_by_id or 0).first()
    if author is None:
        raise NoAuthor("Сотрудника, который запустил работу, больше нет.")
    return author
