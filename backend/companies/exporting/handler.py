"""The export as a kind of background work: a private file, kept for a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from common.errors import DomainError
from companies.exporting.columns import Column, chosen, head_of, needs_of, row_of
from companies.exporting.formats import csv_bytes, is_workbook, sheet_bytes, workbook
from companies.exporting.pages import CHUNK, full, tell_heads
from companies.models import Company
from jobs import files
from jobs.handlers import ChangeRecorder, Handler, RowOutcome
from jobs.models import Job, JobRow, Phase, RowStatus

KIND = "companies.export"
WRITTEN = RowOutcome(RowStatus.DONE)
GONE = RowOutcome(RowStatus.REFUSED, "gone", "Недоступна.")


class NoAuthor(DomainError):
    code = "no_author"


class CompanyExport(Handler):
    """One of a person's at a time; it cannot be taken back."""

    kind = KIND
    chunk_size = CHUNK
    most_per_user = 1

    def __init__(self) -> None:
        self.most_running = settings.BULK_RUNNING

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        """Cards that may be exported at this moment, in the order of the rows."""
        actor = _author(job)
        columns = chosen(job.params["columns"])
        allowed = Company.objects.allowed(actor, "export").filter(pk__in=[row.target_id for row in rows])
        cards = {card.pk: card for card in full(allowed, needs_of(columns))}
        found = [cards[row.target_id] for row in rows if row.target_id in cards]
        _append(job, columns, found, is_first=rows[0].n == 1)
        return [WRITTEN if row.target_id in cards else GONE for row in rows]

    def finish(self, job: Job) -> None:
        if job.phase != Phase.APPLY:
            return
        if job.params["format"] == "xlsx":
            path = files.path_of(job)
            if not is_workbook(path):
                files.write(job=job, chunks=workbook(path), name=_name(job), keep=settings.EXPORT_KEEP)
        tell_heads(_author(job), JobRow.objects.filter(job=job, status=RowStatus.DONE).count())

    def may_see(self, user: User) -> Q:
        """Who exported what is for administrators to know; the file is the author's alone."""
        return self.may_manage(user)

    def may_manage(self, user: User) -> Q:
        return Q() if user.is_admin else Q(created_by=user)


def _append(job: Job, columns: Sequence[Column], cards: list[Company], *, is_first: bool) -> None:
    rows = [row_of(card, columns) for card in cards]
    if is_first:
        rows.insert(0, head_of(columns))
    data = csv_bytes(rows, is_first=is_first) if job.params["format"] == "csv" else sheet_bytes(rows)
    files.append(job=job, data=data, name=_name(job), keep=settings.EXPORT_KEEP)


def _name(job: Job) -> str:
    day: datetime = timezone.localtime(job.created_at)
    return f"Компании {day:%d.%m.%Y}.{job.params['format']}"


def _author(job: Job) -> User:
    """Raises NoAuthor: whoever has been deactivated takes nothing out."""
    author = User.objects.select_related("branch").filter(pk=job.created_by_id or 0, is_active=True).first()
    if author is None:
        raise NoAuthor("Сотрудник, который запустил выгрузку, отключён.")
    return author
