"""Writing companies to a file on this machine."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditLog, Source, Verb
from audit.services import log_event
from common.clock import day_bounds, local_day
from common.errors import DomainError
from companies.exporting.columns import HEAD, row_of, safe
from companies.models import Company, Contact
from notifications.models import Kind
from notifications.services import create_notification

FORMATS = ("csv", "xlsx")
CHUNK = 1_000
TELL_ABOVE = 1_000
LONGEST_CELL = 32_767


class BadExport(DomainError):
    code = "bad_export"


class TooMany(DomainError):
    """More rows than the person may take out in a day."""

    code = "too_many_rows"
    status = 429


def export_now(*, actor: User, path: Path, kind: str, companies: QuerySet[Company] | None = None) -> int:
    """Write what `actor` may export to `path`, by way of a file beside it; how many companies it holds.

    Raises BadExport, TooMany.
    """
    if kind not in FORMATS:
        raise BadExport("Формат — csv или xlsx.")
    rows = Company.objects.allowed(actor, "export")
    if companies is not None:
        rows = rows.filter(pk__in=companies.values("pk"))
    count = rows.count()
    _reserve(actor, count, timezone.now())
    folder = path.resolve().parent
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".export-", delete=False) as draft:
        fresh = Path(draft.name)
    try:
        write = _write_csv if kind == "csv" else _write_xlsx
        written = write(fresh, _pages(rows))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _tell_heads(actor, written)
    return written


def _reserve(actor: User, count: int, now: datetime) -> None:
    """Count the rows to the person's day before any is written; the refusal stands in the trail too."""
    cap = cap_of(actor)
    start, _ = day_bounds(local_day(now, actor.day_zone), actor.day_zone)
    with transaction.atomic():
        # two exports of one person at once: the second counts the first
        User.objects.select_for_update().filter(pk=actor.pk).values_list("pk").first()
        today = AuditLog.objects.filter(actor=actor, verb=Verb.EXPORT, entity_type="company", created_at__gte=start)
        taken = sum(int(meta.get("rows", 0)) for meta in today.values_list("meta", flat=True))
        is_over = cap is not None and taken + count > cap
        log_event(
            actor=actor,
            verb=Verb.EXPORT,
            entity_type="company",
            message=f"Выгрузка: отказано, {count} строк" if is_over else f"Выгрузка: {count} строк",
            meta={"rows": 0 if is_over else count, "asked": count},
            source=Source.SYSTEM,
        )
    if is_over:
        raise TooMany(f"Сегодня можно выгрузить ещё {max((cap or 0) - taken, 0)} строк из {cap}. Сузьте выборку.")


def cap_of(user: User) -> int | None:
    """Rows a day; None for those who are not counted."""
    caps = settings.EXPORT_ROWS
    if user.effective_role == Role.MANAGER:
        return int(caps["manager"])
    if user.effective_role in {Role.SALES_HEAD, Role.BRANCH_DIRECTOR}:
        return int(caps["head"])
    return None


def _pages(rows: QuerySet[Company]) -> Iterator[Sequence[Company]]:
    """The cards by number, a thousand at a time; a card that changes hands meanwhile is asked about anew."""
    people = Contact.objects.filter(deleted_at__isnull=True).order_by("-is_primary", "pk")
    full = rows.select_related("status", "contract_type", "responsible", "branch").prefetch_related(
        "phones",
        "emails",
        "spheres",
        Prefetch("contacts", people.prefetch_related("phones", "emails"), to_attr="live_contacts"),
    )
    last = 0
    while page := list(full.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = page[-1].pk
        yield page


def _write_csv(path: Path, pages: Iterable[Sequence[Company]]) -> int:
    """UTF-8 with BOM, «;», CRLF: as Excel in Russia opens it."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEAD)
        for page in pages:
            writer.writerows([safe(cell) for cell in row_of(company)] for company in page)
            count += len(page)
    return count


def _write_xlsx(path: Path, pages: Iterable[Sequence[Company]]) -> int:
    """Every cell a string, so that nothing is a formula; rows go to the disk as they come."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Компании")
    sheet.append(HEAD)
    count = 0
    for page in pages:
        for company in page:
            cells = []
            for text in row_of(company):
                cell = WriteOnlyCell(sheet, text[:LONGEST_CELL])
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
        count += len(page)
    book.save(path)
    return count


def _tell_heads(actor: User, count: int) -> None:
    """A large export is told to those who answer for the branch."""
    if count <= TELL_ABOVE or actor.branch_id is None:
        return
    heads = User.objects.filter(
        is_active=True, branch=actor.branch_id, role__in=(Role.SALES_HEAD, Role.BRANCH_DIRECTOR)
    )
    for head in heads:
        create_notification(
            user=head, actor=actor, title="Выгрузка компаний", body=f"{actor.label}: {count} строк", kind=Kind.SYSTEM
        )
