"""One person: the history of calls for whoever may see them, and own analytics with plan and fact (K-24, K-25)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import scope
from accounts.models import User
from accounts.workdays import hours_of
from common.text import plural
from phonebridge.enums import ActionSource, CallStatus, Direction, ResolveMethod
from phonebridge.models import CallRequest
from phonebridge.selectors import ready
from phonebridge.stats import Part, calls_behind, report
from phonebridge.stats.asked import VERB, may_see_person
from phonebridge.stats.numbers import WHOLE, percent
from phonebridge.stats.plans import pace, plans_over
from phonebridge.stats.streaks import streak
from phonebridge.stats.wall import place_of
from ui.actor import actor
from ui.callrows import CallRow, call_rows
from ui.mycall import my_boxes
from ui.pages import page_size, remember_size
from ui.stats.asked import Asked, query_of, read_asked, steps_of
from ui.stats.figures import make_tiles
from ui.stats.pictures import days_chart, heat_map, hours_chart
from ui.times import full, number

PARTS = frozenset({Part.HOURS, Part.DAYS, Part.HEAT, Part.PREVIOUS})
DASH = "—"
LATEST = 50


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A call with every field that the phone told; «—» for what is missing."""

    row: CallRow
    at: str
    direction: str
    method: str
    source: str
    attempts: str
    origin: str
    phone: str
    company_id: int | None


def _person_or_404(request: HttpRequest, user_id: int) -> User:
    person = get_object_or_404(User.objects.select_related("branch"), pk=user_id)
    if not may_see_person(actor(request), person):
        raise Http404
    return person


def _label(choices: Any, value: str | None) -> str:
    return str(dict(choices.choices).get(value, "Неизвестно")) if value else DASH


def _lines(calls: list[CallRequest], asked: Asked) -> list[HistoryLine]:
    rows = call_rows(calls, asked.viewer, asked.now)
    return [
        HistoryLine(
            row,
            full(call.call_started_at or call.counted_at or call.created_at, asked.viewer.day_zone),
            _label(Direction, call.direction),
            _label(ResolveMethod, call.resolve_method),
            _label(ActionSource, call.action_source),
            str(call.attempts_count) if call.attempts_count is not None else DASH,
            call.get_origin_display(),
            call.phone_e164 or call.phone_raw,
            call.company_id if row.company_url else None,
        )
        for call, row in zip(calls, rows, strict=True)
    ]


@login_required
@require_GET
def show_history(request: HttpRequest, user_id: int) -> HttpResponse:
    """«История звонков»: newest first, by the days and outcomes of statistics."""
    person, asked = _person_or_404(request, user_id), read_asked(request)
    page_path = reverse("settings_calls_manager_detail", args=[user_id])
    only = replace(asked.filter, user_id=user_id)
    calls = ready(calls_behind(asked.viewer, only, "total_calls")) if not asked.errors else CallRequest.objects.none()
    size = page_size(request)
    page = Paginator(calls, size).get_page(request.GET.get("page"))
    context = {
        "person": person,
        "errors": [text for texts in asked.errors.values() for text in texts],
        "asked": asked,
        "steps": steps_of(asked, page_path),
        "statuses": CallStatus.choices,
        "said_statuses": request.GET.getlist("status"),
        "lines": _lines(list(page.object_list), asked),
        "page": page,
        "size": size,
        "total": number(page.paginator.count),
        "stats_query": query_of(only),
        "boxes": my_boxes(asked.viewer, asked.now),
    }
    status = 400 if asked.errors else 200
    return remember_size(request, render(request, "ui/stats/history.html", context, status=status))


@login_required
@require_GET
def show_own(request: HttpRequest) -> HttpResponse:
    return _analytics(request, actor(request), reverse("analytics_user"))


@login_required
@require_GET
def show_person(request: HttpRequest, user_id: int) -> HttpResponse:
    return _analytics(request, _person_or_404(request, user_id), reverse("analytics_person", args=[user_id]))


def _analytics(request: HttpRequest, person: User, page_path: str) -> HttpResponse:
    """Plan and fact, pace, streak, hours, days, when people answer, and the latest calls of the period."""
    asked = read_asked(request)
    only = replace(asked.filter, user_id=person.pk)
    asked = replace(asked, filter=only)
    context: dict[str, Any] = {
        "person": person,
        "is_own": person.pk == asked.viewer.pk,
        "errors": [text for texts in asked.errors.values() for text in texts],
        "asked": asked,
        "steps": steps_of(asked, page_path),
        "boxes": my_boxes(asked.viewer, asked.now),
    }
    if asked.errors:
        return render(request, "ui/stats/personal.html", context, status=400)
    made = report(only, asked.viewer, asked.now, PARTS)
    calls = ready(calls_behind(asked.viewer, only, "total_calls"))[:LATEST]
    context |= {
        "tiles": make_tiles(made, asked),
        "plan_tiles": _plan_tiles(person, asked, made.total.flow("outgoing"), made.total.outgoing_connected),
        "hours_chart": hours_chart(made),
        "days_chart": days_chart(made),
        "heat": heat_map(made),
        "lines": _lines(list(calls), asked),
        "history_url": f"{reverse('settings_calls_manager_detail', args=[person.pk])}?{query_of(asked.filter)}",
    }
    return render(request, "ui/stats/personal.html", context)


def _plan_tiles(person: User, asked: Asked, calls: int, connects: int) -> list[dict[str, str]]:
    """Fact against plan, the pace of today, the streak, the place in the branch."""
    if not scope.may(asked.viewer, VERB, owner_id=person.pk, branch_id=person.branch_id):
        # a former head reads the calls of the own branch; the plan and the place are the new head's
        return [
            {"label": "Исходящие", "value": number(calls), "note": "план ставит другой филиал"},
            {"label": "Дозвоны исходящих", "value": number(connects), "note": "план ставит другой филиал"},
        ]
    plan = plans_over([person], asked.filter.period)[person.pk]
    tiles = [
        _plan_tile("Исходящие", calls, plan.calls, is_set=plan.is_set),
        _plan_tile("Дозвоны исходящих", connects, plan.connects, is_set=plan.is_set),
    ]
    if asked.filter.period.is_day and asked.is_live and plan.is_set:
        now = pace(calls, plan.calls, hours_of(person.branch), asked.now)
        done = f"{now.done} %" if now.done is not None else DASH
        tiles.append({"label": "Темп", "value": done, "note": f"плана к {now.day} % рабочего дня"})
    days = streak(person, asked.today)
    words = plural(days, "рабочий день", "рабочих дня", "рабочих дней")
    waits = "план ещё впереди" if plan.calls or plan.connects else "план не задан"
    value = str(days) if days or plan.calls or plan.connects else DASH
    tiles.append({"label": "Подряд с планом", "value": value, "note": words if days else waits})
    place = place_of(person, asked.now)
    if place is not None:
        tiles.append({"label": "Место сегодня", "value": f"{place[0]} из {place[1]}", "note": "по дозвонам в филиале"})
    return tiles


def _plan_tile(label: str, fact: int, plan: int, *, is_set: bool) -> dict[str, str]:
    if not is_set:
        return {"label": label, "value": number(fact), "note": "план не задан"}
    share = percent(fact, plan, WHOLE)
    words = f"{share} % из {number(plan)}" if share is not None else "план — 0"
    return {"label": label, "value": number(fact), "note": words}
