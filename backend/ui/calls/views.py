"""«Звонки»: own, of the branch, or all, by rights; fills live."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from phonebridge.selectors import visible_calls
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.callrows import call_rows
from ui.calls.filters import STATES, filter_calls, people_of, read_query
from ui.mycall import my_boxes
from ui.pages import page_size, remember_size
from ui.times import number


def _rows(request: HttpRequest) -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    query = read_query(request.GET, user, now)
    size = page_size(request)
    calls = filter_calls(visible_calls(user), query, user)
    page = Paginator(calls, size).get_page(request.GET.get("page"))
    return {
        "query": query,
        "page": page,
        "size": size,
        "total": number(page.paginator.count),
        "rows": call_rows(list(page.object_list), user, now),
        "url_query": request.GET.urlencode(),
    }


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    user = actor(request)
    context = _rows(request) | {
        "states": STATES,
        "people": people_of(user),
        "boxes": my_boxes(user, timezone.now()),
        "topics": " ".join(live_topics(user)),
        "day": request.GET.get("day", ""),
    }
    query = context["query"]
    context["day_value"] = query.day.isoformat() if query.day else ""
    return remember_size(request, render(request, "ui/calls/list.html", context))


@login_required
@require_GET
def show_rows(request: HttpRequest) -> HttpResponse:
    """The table alone, with the filters of the page that shows it."""
    return render(request, "ui/calls/table.html", _rows(request))


@login_required
@require_GET
def show_mine(request: HttpRequest) -> HttpResponse:
    """The box of one's own call, or nothing."""
    return render(request, "ui/calls/boxes.html", {"boxes": my_boxes(actor(request), timezone.now())})
