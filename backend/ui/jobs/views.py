"""Background work: one's own jobs, the page of one with what came of it, its lists and its file."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from common.downloads import private, send_path
from common.errors import DomainError
from companies.exporting.formats import MIME, csv_bytes
from companies.exporting.handler import KIND as EXPORT
from companies.exporting.services import file_of
from jobs import services
from jobs.models import Job
from jobs.selectors import get_visible_job, row_page, visible_jobs
from ui.actor import actor
from ui.jobs.kinds import PAGES, TABS, page_of
from ui.jobs.rows import job_context, job_line, told_rows
from ui.pages import page_size, remember_size

PAGE = 100
PART = 1_000


def job_or_404(user: User, pk: uuid.UUID) -> Job:
    try:
        return get_visible_job(user, pk)
    except DomainError as refusal:
        raise Http404 from refusal


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    user, now, size = actor(request), timezone.now(), page_size(request)
    kind = request.GET.get("kind", "")
    jobs = visible_jobs(user).select_related("created_by")
    if kind in dict(TABS) and kind:
        jobs = jobs.filter(kind=kind)
    page = Paginator(jobs, size).get_page(request.GET.get("page", "1"))
    context = {
        "page": page,
        "size": size,
        "lines": [job_line(job, user, now) for job in page.object_list],
        "tabs": [{"label": label, "url": f"?kind={key}" if key else "?", "is_on": key == kind} for key, label in TABS],
    }
    return remember_size(request, render(request, "ui/jobs/list.html", context))


@login_required
@require_GET
def show_job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    job = job_or_404(user, pk)
    return render(request, "ui/jobs/job.html", {**job_context(job, user), "topics": f"job.{job.pk}"})


@login_required
@require_GET
def show_state(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    return render(request, "ui/jobs/job.html#state", job_context(job_or_404(user, pk), user))


@login_required
@require_POST
def act(request: HttpRequest, pk: uuid.UUID, verb: str) -> HttpResponse:
    """Stop, go on, take back: what the engine refuses is said on the page."""
    user = actor(request)
    job = job_or_404(user, pk)
    if job.kind in PAGES:
        raise Http404  # such kinds have doors of their own, and rules at them
    try:
        if verb == "cancel":
            services.cancel(job=job, actor=user)
        elif verb == "resume":
            services.resume(job=job, actor=user)
        elif verb == "undo":
            services.undo(job=job, actor=user)
        else:
            raise Http404
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect(page_of(job))


def _cut(request: HttpRequest) -> dict[str, Any]:
    """One outcome of the rows: `status` and `code`, or `undo`."""
    undo, status, code = (request.GET.get(name, "").replace("\x00", "")[:40] for name in ("undo", "status", "code"))
    if undo:
        return {"undo_status": undo}
    return {"status": status or None, "code": code or None}


@login_required
@require_GET
def show_rows(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    job, cut = job_or_404(user, pk), _cut(request)
    typed = request.GET.get("after", "")
    after = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    found = row_page(job, **cut, after=after, limit=PAGE + 1)
    context = {
        "job": job,
        "job_url": page_of(job),
        "rows": told_rows(found[:PAGE], user, is_undo="undo_status" in cut),
        "after": found[PAGE - 1].n if len(found) > PAGE else None,
    }
    return render(request, "ui/jobs/rows.html", context)


@login_required
@require_GET
def send_rows(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The same rows as a table for Excel; names by the rights of this moment."""
    user = actor(request)
    job, cut = job_or_404(user, pk), _cut(request)
    parts = [csv_bytes([("Код", "Компания", "Причина")], is_first=True)]
    after = 0
    while found := row_page(job, **cut, after=after, limit=PART):
        after = found[-1].n
        told = told_rows(found, user, is_undo="undo_status" in cut)
        lines = [(str(row.target_id or row.n), one.name, one.reason) for row, one in zip(found, told, strict=True)]
        parts.append(csv_bytes(lines, is_first=False))
    response = HttpResponse(b"".join(parts), content_type=MIME["csv"])
    return private(response, f"{job.title}.csv")


@login_required
@require_GET
def send_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The private file of an export, by the rights of this moment."""
    user = actor(request)
    job = job_or_404(user, pk)
    if job.kind != EXPORT:
        raise Http404
    try:
        path = file_of(actor=user, job=job)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect(page_of(job))
    return send_path(request, path, name=job.file_name, content_type=MIME[job.params["format"]])
