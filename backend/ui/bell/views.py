"""The bell's page: one's own notices, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from companies.listing.values import NO_ROW, read_id
from companies.selectors.notices import note_words
from notifications import services
from notifications.models import Kind, Notification
from ui.actor import actor
from ui.pages import page_size, remember_size
from ui.times import when

ICONS = {
    Kind.INFO: "info",
    Kind.TASK: "check",
    Kind.COMPANY: "building-2",
    Kind.CALL: "phone",
    Kind.SYSTEM: "settings",
}


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    title: str
    body: str
    url: str
    icon: str
    time: str
    at: str
    is_unread: bool


def _context(request: HttpRequest) -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    rows = Notification.objects.filter(user=user).order_by("-created_at", "-pk")
    is_unread_only = request.GET.get("show") == "unread"
    if is_unread_only:
        rows = rows.filter(services.unread_q())
    size = page_size(request)
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    said = note_words(user, (int(row.entity_id) for row in page.object_list if row.entity_type == "note"))
    return {
        "page": page,
        "size": size,
        "notices": [
            NoticeRow(
                id=row.pk,
                title=row.title,
                body=said.get(int(row.entity_id), "") if row.entity_type == "note" else row.body,
                url=row.url if row.url.startswith("/") and not row.url.startswith("//") else "",
                icon=ICONS.get(Kind(row.kind), "info"),
                time=when(row.created_at, user.day_zone, now),
                at=row.created_at.isoformat(),
                is_unread=not row.is_read,
            )
            for row in page.object_list
        ],
        "tabs": [
            {"label": "Все", "url": "?", "is_on": not is_unread_only},
            {"label": "Непрочитанные", "url": "?show=unread", "is_on": is_unread_only},
        ],
        "query": request.GET.urlencode(),
    }


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    return remember_size(request, render(request, "ui/bell/list.html", _context(request)))


@login_required
@require_GET
def show_rows(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/bell/list.html#rows", _context(request))


@login_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one line, or all when none is named; a line with a link then opens it."""
    user, named = actor(request), request.POST.get("id", "")
    pk = read_id(named)
    services.mark_read(user=user, ids=None if pk is None else [pk])
    if pk is not None and pk != NO_ROW:
        line = Notification.objects.filter(user=user, pk=pk).first()
        if line and line.url.startswith("/") and not line.url.startswith("//"):
            return redirect(line.url)
    return redirect("notification_list")
