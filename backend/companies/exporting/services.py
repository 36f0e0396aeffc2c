"""Asking for an export: at once into a file of this machine, or as background work."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from companies import access
from companies.bulk.services import Chosen, freeze
from companies.exporting import quota
from companies.exporting.columns import COLUMNS, chosen, head_of, needs_of, row_of
from companies.exporting.formats import FORMATS, csv_bytes, sheet_bytes, workbook
from companies.exporting.handler import KIND
from companies.exporting.pages import tell_heads, write_pages
from companies.models import Company
from jobs import files, services
from jobs.models import Job, JobRow, RowStatus, Status


class BadExport(DomainError):
    code = "bad_export"


class RightsChanged(DomainError):
    """The file holds cards that the person may no longer export."""

    code = "rights_changed"
    status = 403


class _Over(Exception):
    """Undoes a job whose rows the day does not allow."""


def start_export(*, actor: User, selection: Chosen, kind: str, columns: Sequence[str]) -> Job:
    """Freeze what `actor` may export of the selection, count it to the day, and begin.

    Raises BadExport, TooMany, UnknownFilter, BadSelection, CountChanged.
    """
    if kind not in FORMATS:
        raise BadExport("Формат — csv или xlsx.", field="format")
    now, count = timezone.now(), 0
    params = {
        "format": kind,
        "columns": [column.key for column in chosen(columns)],
        **selection.kept(actor),
    }
    try:
        with transaction.atomic():
            job = services.create_job(actor=actor, kind=KIND, title=f"Выгрузка {kind.upper()}", params=params)
            count = freeze(job=job, rows=selection.rows(actor, "export"), seen=selection.seen)
            if not quota.reserve(actor=actor, count=count, now=now, source=Source.UI):
                raise _Over
            return services.start(job=job)
    except _Over:
        raise quota.refuse(actor=actor, count=count, now=now, source=Source.UI) from None


def file_of(*, actor: User, job: Job) -> Path:
    """The finished file; rights are those of this moment, and the trail remembers it. Raises NoFile, RightsChanged."""
    if job.status != Status.DONE:
        raise files.NoFile("Файл ещё не готов.")
    path = files.existing_path(job)
    written = JobRow.objects.filter(job=job, status=RowStatus.DONE).values("target_id")
    lost = Company.objects.live().filter(pk__in=written).exclude(access.company_q(actor, "export"))
    if job.created_by_id != actor.pk or lost.exists():
        raise RightsChanged("Часть этих компаний вам больше нельзя выгружать. Сделайте выгрузку заново.")
    log_event(
        actor=actor,
        verb=Verb.EXPORT,
        entity_type="company",
        message="Файл выгрузки скачан",
        meta={"job": str(job.pk)},
        source=Source.UI,
    )
    return path


def export_now(*, actor: User, path: Path, kind: str) -> int:
    """Write what `actor` may export to `path`, by way of a file beside it; how many companies it holds.

    Raises BadExport, TooMany.
    """
    if kind not in FORMATS:
        raise BadExport("Формат — csv или xlsx.")
    rows = Company.objects.allowed(actor, "export")
    count, now = rows.count(), timezone.now()
    if not quota.reserve(actor=actor, count=count, now=now, source=Source.SYSTEM):
        raise quota.refuse(actor=actor, count=count, now=now, source=Source.SYSTEM)
    folder = path.resolve().parent
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".export-", delete=False) as draft:
        fresh = Path(draft.name)
    try:
        written = _write(fresh, actor, kind)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    tell_heads(actor, written)
    return written


def _write(path: Path, actor: User, kind: str) -> int:
    """All columns of all cards; a workbook is put around its rows at the end."""
    head = [head_of(COLUMNS)]
    with path.open("wb") as file:
        file.write(csv_bytes(head, is_first=True) if kind == "csv" else sheet_bytes(head))

        def write(page: list[Company]) -> None:
            rows = [row_of(company, COLUMNS) for company in page]
            file.write(csv_bytes(rows, is_first=False) if kind == "csv" else sheet_bytes(rows))

        count = write_pages(Company.objects.allowed(actor, "export"), needs_of(COLUMNS), write)
    if kind == "xlsx":
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
            sheet = path.rename(Path(folder) / "sheet")
            with path.open("wb") as file:
                file.writelines(workbook(sheet))
    return count
