"""Reports of phones that match no call: attached, made a call of, or discarded (K-12, realtime «dead letters»)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from common.errors import DomainError
from common.logs import mask
from phonebridge.models import CallRequest, DeadLetter
from phonebridge.services import dead_letters
from ui.actor import holder_or_404
from ui.callrows import call_rows
from ui.times import when

PAGE = 100
AROUND = 10


@login_required
@require_GET
def show_letters(request: HttpRequest) -> HttpResponse:
    user, now = holder_or_404(request, "system_admin"), timezone.now()
    open_ones = DeadLetter.objects.filter(resolved_at=None).select_related("report__user", "report__device")
    lines = [
        (when(letter.created_at, user.day_zone, now), letter) for letter in open_ones.order_by("-created_at")[:PAGE]
    ]
    return render(request, "ui/phones/letters.html", {"lines": lines, "total": open_ones.count()})


@login_required
@require_http_methods(["GET", "POST"])
def show_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """What the phone said, the person's calls around that time, and three ways to settle it."""
    user, now = holder_or_404(request, "system_admin"), timezone.now()
    letter = DeadLetter.objects.filter(pk=letter_id).select_related("report__user__branch", "report__device").first()
    if letter is None:
        raise Http404
    refusal = ""
    if request.method == "POST":
        try:
            words = _settle(request, letter, user)
        except DomainError as error:
            refusal = error.detail
        else:
            messages.success(request, words)
            return redirect("mobile_letters")
    else:
        dead_letters.note_reading(letter=letter, actor=user)
    calls = CallRequest.objects.filter(
        user=letter.report.user, created_at__lte=letter.report.received_at, is_private=False, deleted_at__isnull=True
    )
    near = calls.select_related("user", "company", "contact", "device").order_by("-created_at")[:AROUND]
    context: dict[str, Any] = {
        "letter": letter,
        "body": mask(json.dumps(letter.report.body, ensure_ascii=False, indent=2)),
        "time": when(letter.created_at, user.day_zone, now),
        "rows": call_rows(list(near), user, now),
        "refusal": refusal,
    }
    return render(request, "ui/phones/letter.html", context, status=422 if refusal else 200)


def _settle(request: HttpRequest, letter: DeadLetter, user: User) -> str:
    what = request.POST.get("what", "")
    if what == "make":
        dead_letters.make_call(letter=letter, actor=user)
        return "Создан звонок по отчёту."
    if what == "discard":
        dead_letters.discard(letter=letter, actor=user, reason=request.POST.get("reason", ""))
        return "Отчёт отклонён."
    if what == "attach":
        dead_letters.attach(letter=letter, call=_call(request, letter), actor=user)
        return "Отчёт присоединён к звонку."
    raise Http404


def _call(request: HttpRequest, letter: DeadLetter) -> CallRequest:
    """A call of the person who reported."""
    try:
        number = uuid.UUID(request.POST.get("call", ""))
    except ValueError:
        raise dead_letters.NothingInIt("Выберите звонок.") from None
    call = CallRequest.objects.filter(pk=number, user=letter.report.user).first()
    if call is None:
        raise dead_letters.NothingInIt("У этого сотрудника такого звонка нет.")
    return call
