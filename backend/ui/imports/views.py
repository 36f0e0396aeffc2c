"""Imports: the list of batches, and one of them in the state in which it is."""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from common.downloads import private
from companies.exporting.formats import MIME
from companies.importing.drafts import Draft
from companies.importing.errorbook import error_book
from companies.importing.handler import KIND
from jobs.models import Job, JobRow, RowStatus
from jobs.selectors import NoSuchJob, get_visible_job, visible_jobs
from ui.actor import actor
from ui.imports.batch import batch_context
from ui.imports.words import state_of
from ui.times import number, when

PAGE = 25


@dataclass(frozen=True, slots=True)
class BatchRow:
    url: str
    file: str
    author: str
    time: str
    rows: str
    state: str
    tone: str


def batch_or_404(user: User, pk: uuid.UUID) -> Job:
    """An import that this person may see."""
    try:
        job = get_visible_job(user, pk)
    except NoSuchJob as missing:
        raise Http404 from missing
    if job.kind != KIND:
        raise Http404
    return job


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/imports/list.html", list_context(request))


def list_context(request: HttpRequest, refusal: str = "") -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    jobs = visible_jobs(user).filter(kind=KIND).select_related("created_by")
    page = Paginator(jobs, PAGE).get_page(request.GET.get("page", "1"))
    return {
        "rows": [_row(draft, user, now) for draft in Draft.of_many(list(page.object_list))],
        "page": page,
        "refusal": refusal,
        "limit_mb": settings.IMPORT["file_mb"],
        "limit_rows": number(settings.IMPORT["rows"]),
    }


def _row(draft: Draft, user: User, now: datetime) -> BatchRow:
    job = draft.job
    state, tone = state_of(draft)
    look = job.params.get("look") or {}
    return BatchRow(
        url=reverse("import_detail", args=[job.pk]),
        file=str(job.params.get("file", job.title)),
        author=job.created_by.label if job.created_by else "сотрудник удалён",
        time=when(job.created_at, user.day_zone, now),
        rows=number(job.total or max(look.get("rows_count", 0), 0)),
        state=state,
        tone=tone,
    )


@login_required
@require_GET
def show_import(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    return render(request, "ui/imports/detail.html", batch_context(batch_or_404(user, pk), user, request.GET))


@login_required
@require_GET
def show_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that changes by itself."""
    user = actor(request)
    return render(request, "ui/imports/region.html", batch_context(batch_or_404(user, pk), user, request.GET))


@login_required
@require_GET
def download_errors(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The refused and warned rows as a workbook that can be loaded again."""
    job = batch_or_404(actor(request), pk)
    if not JobRow.objects.filter(job=job, status__in=[RowStatus.REFUSED, RowStatus.WARNED]).exists():
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    with tempfile.TemporaryDirectory() as folder:
        file.writelines(error_book(job=job, folder=Path(folder)))
    file.seek(0)
    name = Path(str(job.params.get("file", "файл"))).stem
    return private(FileResponse(file, content_type=MIME["xlsx"]), f"{name} — замечания.xlsx")
