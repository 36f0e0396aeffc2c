"""The import as a kind of background work."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.errors import DomainError
from companies.importer import stored
from companies.importing import news
from companies.importing.apply import Chunk
from companies.importing.places import InPlace
from companies.importing.undo import Undo
from jobs.handlers import ChangeRecorder, Handler, RowOutcome, UndoOutcome
from jobs.models import ChangeLog, Job, JobRow, Phase
from jobs.selectors import job_counts

KIND = "companies.import"
UNDO_BY = "undo_by"


class NoAuthor(DomainError):
    code = "no_author"


class OfImports(Handler):
    """What jobs of the import have in common: whose they are to see and to manage."""

    def may_see(self, user: User) -> Q:
        return self.may_manage(user)

    def may_manage(self, user: User) -> Q:
        """Own imports; heads those of their branch's people, group managers and administrators all."""
        level = scope.reach(user, "undo_import")
        if level == Reach.ALL:
            return Q()
        own = Q(created_by=user)
        if level == Reach.BRANCH and user.branch_id is not None:
            return own | Q(created_by__branch=user.branch_id)
        return own


class CompanyImport(OfImports):
    """One import of the installation runs at a time; it can be taken back for thirty days."""

    kind = KIND
    chunk_size = 1000
    is_exclusive = True
    undo_within = timedelta(days=30)

    def __init__(self, where: InPlace | None = None) -> None:
        self.where = where or InPlace()

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        author_of(job)
        parsed = [stored.load(row.input)[1] for row in rows]
        return Chunk(job, rows, log, parsed, self.where).run()

    def finish(self, job: Job) -> None:
        if job.phase == Phase.APPLY:
            news.tell(job)
            news.keep_taken(job, job_counts(job).rows)

    def stopped(self, job: Job) -> None:
        self.finish(job)

    def undo(self, job: Job, entries: list[ChangeLog]) -> list[UndoOutcome]:
        return Undo(job, _undoer(job)).run(entries)


def author_of(job: Job) -> User:
    """Rights are asked anew in each chunk: whoever has been deactivated writes nothing more."""
    author = User.objects.select_related("branch").filter(pk=job.created_by_id or 0, is_active=True).first()
    if author is None:
        raise NoAuthor("Сотрудник, который загружал файл, отключён.")
    job.created_by = author
    return author


def _undoer(job: Job) -> User:
    """Whoever asked for the undo, where the job knows it."""
    asked = job.params.get(UNDO_BY)
    found = User.objects.select_related("branch").filter(pk=asked or 0, is_active=True).first()
    if asked and found is None:
        raise NoAuthor("Сотрудник, который отменял загрузку, отключён.")
    return found or author_of(job)
