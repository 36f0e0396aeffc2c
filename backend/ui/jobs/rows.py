"""A job as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from companies.models import Company
from jobs.models import Job, JobRow, Phase, RowStatus, Status, UndoStatus
from jobs.selectors import Counts, can_resume, can_undo, job_counts, may_manage, queue_position
from ui.jobs.kinds import REASONS, kind_of, list_of, page_of
from ui.times import full, number, when

TONES = {
    Status.STAGING: "neutral",
    Status.QUEUED: "neutral",
    Status.RUNNING: "info",
    Status.DONE: "success",
    Status.CANCELLED: "warning",
    Status.FAILED: "danger",
    Status.UNDOING: "info",
    Status.UNDONE: "neutral",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A job in the list of jobs."""

    id: str
    title: str
    icon: str
    url: str
    about: str
    status: str
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with one outcome. Addresses are '' where there is nothing to show."""

    label: str
    count: str
    tone: str
    rows_url: str
    file_url: str
    list_url: str


@dataclass(frozen=True, slots=True)
class Told:
    """One row of a job: the company's name only for those who see it now."""

    n: int
    name: str
    url: str
    reason: str


def job_line(job: Job, user: User, now: datetime) -> Line:
    author = "" if job.created_by_id == user.pk else f"{job.created_by.label if job.created_by else 'система'}, "
    about = f"{author}{when(job.created_at, user.day_zone, now)}, строк: {number(job.total)}"
    return Line(
        str(job.pk),
        job.title,
        kind_of(job).icon,
        page_of(job),
        about,
        str(job.get_status_display()),
        TONES[Status(job.status)],
    )


def job_context(job: Job, user: User) -> dict[str, Any]:
    """All that the page says; the region that lives has nothing else."""
    counts = job_counts(job)
    may = may_manage(user, job)
    is_undo = job.phase == Phase.UNDO
    return {
        "job": job,
        "title": job.title,
        "status": job.get_status_display(),
        "tone": TONES[Status(job.status)],
        "passed": job.passed,
        "ahead": max(job.ahead, 1),
        "share": f"{number(job.passed)} из {number(job.ahead)}",
        "place": queue_position(job),
        "groups": _groups(job, counts),
        "undo_groups": _undo_groups(job, counts) if is_undo else [],
        "facts": _facts(job, user),
        "may_cancel": may and not job.is_ended,
        "may_resume": may and can_resume(job),
        "may_undo": may and can_undo(job) and not (is_undo and job.status == Status.UNDONE and _all_back(counts)),
        "file_url": reverse("job_file", args=[job.pk]) if _has_file(job, user) else "",
    }


def _all_back(counts: Counts) -> bool:
    return not counts.by_undo().get(UndoStatus.KEPT)


def _has_file(job: Job, user: User) -> bool:
    return job.status == Status.DONE and bool(job.file_name) and job.created_by_id == user.pk


def _facts(job: Job, user: User) -> list[dict[str, str]]:
    zone = user.day_zone
    moments = (
        ("Запущено", job.created_at),
        ("Закончено", job.finished_at),
        ("Отменено", job.undone_at),
        ("Можно отменить до", job.undo_until if job.undone_at is None else None),
        ("Файл хранится до", job.file_until if job.file_name else None),
    )
    author = job.created_by.label if job.created_by else "система"
    found = [{"label": "Кто запустил", "value": author}]
    chosen = job.params.get("filter")
    if chosen is not None:
        url = reverse("company_list")
        words = "Список по фильтру" if chosen else "Все компании"
        found.append({"label": "Что выбрано", "value": words, "href": f"{url}?{chosen}" if chosen else url})
    return [*found, *({"label": label, "value": full(at, zone)[:-3]} for label, at in moments if at)]


def _groups(job: Job, counts: Counts) -> list[Group]:
    """Done, unchanged, then refusals by their reasons, the largest first."""
    done = counts.of(RowStatus.DONE) + counts.of(RowStatus.WARNED)
    found = [
        _group(job, kind_of(job).done, done, "success", status=RowStatus.DONE, as_list=RowStatus.DONE),
        _group(
            job,
            "Без изменений",
            counts.of(RowStatus.UNCHANGED),
            "neutral",
            status=RowStatus.UNCHANGED,
            as_list=RowStatus.UNCHANGED,
        ),
    ]
    refused = [(code, n) for (status, code), n in counts.rows.items() if status == RowStatus.REFUSED]
    for code, n in sorted(refused, key=lambda pair: (-pair[1], pair[0])):
        label = REASONS.get(code) or _first_reason(job, status=RowStatus.REFUSED, code=code)
        found.append(_group(job, label, n, "danger", status=RowStatus.REFUSED, code=code, as_list=code))
    return [group for group in found if group.count != "0"]


def _undo_groups(job: Job, counts: Counts) -> list[Group]:
    by_undo = counts.by_undo()
    found = [
        _group(job, "Возвращено", by_undo.get(UndoStatus.UNDONE, 0), "success", undo=UndoStatus.UNDONE),
        _group(job, "Оставлено как есть", by_undo.get(UndoStatus.KEPT, 0), "warning", undo=UndoStatus.KEPT),
    ]
    return [group for group in found if group.count != "0"]


def _group(job: Job, label: str, count: int, tone: str, *, as_list: str = "", **cut: str) -> Group:
    query = urlencode(cut)
    is_kept = job.purged_at is None and count > 0
    return Group(
        label,
        number(count),
        tone,
        f"{reverse('job_rows', args=[job.pk])}?{query}" if is_kept else "",
        f"{reverse('job_rows_file', args=[job.pk])}?{query}" if is_kept else "",
        list_of(job, as_list) if is_kept and as_list else "",
    )


def _first_reason(job: Job, **cut: str) -> str:
    row = JobRow.objects.filter(job=job, **cut).order_by("n").first()
    return (row.undo_reason or row.reason).rstrip(".") if row else "Другая причина"


def told_rows(rows: list[JobRow], user: User, *, is_undo: bool) -> list[Told]:
    """Two queries for any number of rows."""
    ids = [row.target_id for row in rows if row.target_id is not None]
    names = dict(Company.objects.visible_to(user).filter(pk__in=ids).values_list("pk", "name"))
    return [_told(row, names.get(row.target_id or 0), is_undo=is_undo) for row in rows]


def _told(row: JobRow, name: str | None, *, is_undo: bool) -> Told:
    plain = (
        f"Строка {(row.input or {}).get('number', row.n)}" if row.target_id is None else f"Компания {row.target_id}"
    )
    url = reverse("company_detail", args=[row.target_id]) if name else ""
    return Told(row.n, name or plain, url, row.undo_reason if is_undo else row.reason)
