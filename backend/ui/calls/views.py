"""«Звонки»: own, of the branch, or all, by rights; fills live."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from phonebridge.selectors import ready, visible_calls
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.callrows import call_rows
from ui.calls.behind import number_rows, numbers_of, read_behind
from ui.calls.filters import STATES, CallQuery, filter_calls, people_of, private_count, read_query
from ui.mycall import my_boxes
from ui.pages import page_size, remember_size
from ui.times import number


def _rows(request: HttpRequest) -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    size, number_of_page = page_size(request), request.GET.get("page")
    behind = read_behind(request.GET, user, now)
    if behind is not None and behind.by_number:
        page: Any = Paginator(numbers_of(behind.calls(user)), size).get_page(number_of_page)
        return {
            "behind": behind,
            "page": page,
            "size": size,
            "total": number(page.paginator.count),
            "numbers": number_rows(list(page.object_list), user, now),
            "url_query": request.GET.urlencode(),
        }
    query = read_query(request.GET, user, now) if behind is None else CallQuery()
    calls = filter_calls(visible_calls(user), query, user) if behind is None else ready(behind.calls(user))
    page = Paginator(calls, size).get_page(number_of_page)
    return {
        "behind": behind,
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
    behind, query = context["behind"], context.get("query")
    context["private_n"] = private_count(query, user, timezone.now()) if query else 0
    context["day_value"] = query.day.isoformat() if query and query.day else ""
    status = 400 if behind is not None and behind.errors else 200
    return remember_size(request, render(request, "ui/calls/list.html", context, status=status))


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
