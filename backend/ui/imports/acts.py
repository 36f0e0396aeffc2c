"""What a person does with an import."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from common.errors import DomainError
from companies.importing import uploads
from companies.importing.drafts import Draft, State
from companies.importing.services import BadImport, take_back
from jobs import services
from jobs.models import Job
from jobs.selectors import may_manage
from ui.actor import actor
from ui.dialogs import INVALID, done, show_form
from ui.imports import columns as mapping
from ui.imports.batch import batch_context
from ui.imports.views import batch_or_404, list_context

type View = Callable[[HttpRequest, uuid.UUID], HttpResponse]
type Act = Callable[[HttpRequest, User, Job], str | None]


def _act(work: Act) -> View:
    """A POST that does one thing with a batch and comes back to its page with words, or with the refusal."""

    @login_required
    @require_POST
    @wraps(work)
    def view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        user = actor(request)
        job = batch_or_404(user, pk)
        try:
            words = work(request, user, job)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            if words:
                messages.success(request, words)
        return redirect("import_detail", pk)

    return view


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The file as it comes; the page of the list holds the form."""
    if request.method != "POST":
        return redirect("import_list")
    file = request.FILES.get("file")
    try:
        job = _kept(actor(request), file)
    except DomainError as refusal:
        return render(request, "ui/imports/list.html", list_context(request, refusal.detail), status=INVALID)
    return redirect("import_detail", job.pk)


def _kept(user: User, file: UploadedFile[Any] | None) -> Job:
    if file is None:
        raise BadImport("Выберите файл.")
    return uploads.upload(actor=user, name=file.name or "", size=file.size or 0, chunks=file.chunks())


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Choose what the columns mean; a POST begins the check."""
    user = actor(request)
    job = batch_or_404(user, pk)
    draft = Draft.of(job)
    look = draft.look
    if look is None or draft.state is State.STARTED or job.created_by_id != user.pk:
        return redirect("import_detail", pk)
    if request.method != "POST":
        return render(request, "ui/imports/detail.html", batch_context(job, user, request.GET, is_mapping=True))
    said = mapping.said_of(request.POST.dict(), look)
    try:
        uploads.check(job=job, actor=user, mapping=said.mapping, mode=said.mode, only_empty=said.only_empty)
    except DomainError as refusal:
        context = batch_context(job, user, request.GET, refusal=refusal.detail, chosen=said, is_mapping=True)
        return render(request, "ui/imports/detail.html", context, status=INVALID)
    return redirect("import_detail", pk)


@_act
def read_otherwise(request: HttpRequest, user: User, job: Job) -> str | None:
    """Another sheet, encoding, delimiter or row of titles."""
    uploads.look_at(job=job, actor=user, overrides=mapping.overrides_of(request.POST.dict()))
    return None


@_act
def people(request: HttpRequest, user: User, job: Job) -> str | None:
    """Who is meant by a name of the column «Ответственный»."""
    chosen = request.POST.get("person", "")
    person_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    uploads.name_person(job=job, actor=user, text=request.POST.get("name", ""), person_id=person_id)
    return None


@_act
def start(request: HttpRequest, user: User, job: Job) -> str | None:
    uploads.begin(job=job, actor=user, check_id=request.POST.get("check", ""))
    return None


@_act
def stop(request: HttpRequest, user: User, job: Job) -> str | None:
    """A check goes back to the columns, a running import ends after its present chunk."""
    if Draft.of(job).state is State.STARTED:
        return "Загрузка останавливается." if services.cancel(job=job, actor=user) else None
    uploads.stop_check(job=job, actor=user)
    return None


@_act
def resume(request: HttpRequest, user: User, job: Job) -> str | None:
    services.resume(job=job, actor=user)
    return None


@login_required
@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Forget a file that was never loaded."""
    user = actor(request)
    job = batch_or_404(user, pk)
    try:
        is_gone = uploads.discard(job=job, actor=user)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("import_detail", pk)
    if not is_gone:
        messages.error(request, "Загрузка уже начата: её можно отменить, но не удалить.")
        return redirect("import_detail", pk)
    messages.success(request, "Файл удалён.")
    return redirect("import_list")


@login_required
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    job = batch_or_404(user, pk)
    if not may_manage(user, job):
        raise Http404
    back = reverse("import_detail", args=[pk])
    context = {
        "title": "Отменить загрузку?",
        "back": back,
        "button": "Отменить загрузку",
        "kind": "danger",
        "text": "Созданные компании будут удалены, изменённые поля вернутся. "
        "Останется то, что с тех пор изменили или использовали сотрудники: по каждой строке будет причина.",
    }
    template = "ui/dialogs/words.html"
    if request.method != "POST":
        return show_form(request, template, context)
    try:
        take_back(job=job, actor=user)
    except DomainError as refusal:
        return show_form(request, template, {**context, "refusal": refusal.detail}, INVALID)
    return done(request, back, "Загрузка отменяется.")
