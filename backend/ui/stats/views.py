"""«Статистика звонков»: figures, pictures and the ways to the calls behind them (K-22, W-5)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import scope
from accounts.roles import Reach
from phonebridge.enums import ActionSource, CallStatus, Direction, ResolveMethod
from phonebridge.stats import ALL_PARTS, CallReport, NotYourPerson, Part, as_dict
from phonebridge.stats.asked import VERB, branches_for
from phonebridge.stats.shared import TooLong, shared_report, unique_within
from phonebridge.watching import stats_topic
from ui.callers import callers
from ui.mycall import my_boxes
from ui.stats import export
from ui.stats.asked import Asked, behind_url, query_of, read_asked, steps_of
from ui.stats.figures import (
    SORTS,
    change_words,
    columns_for,
    compared_words,
    make_cells,
    make_lines,
    make_tiles,
    make_without,
    mix_lines,
)
from ui.stats.pictures import days_chart, heat_map, hours_chart
from ui.times import number

PARTS = ALL_PARTS - {Part.UNIQUE}
LONG_DAYS = 92


def _asked(request: HttpRequest) -> Asked:
    try:
        return read_asked(request)
    except NotYourPerson as refusal:
        raise Http404(refusal.detail) from None


def _figures(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """Everything that changes as calls end; beside it the raw figures under their names of the API."""
    made = shared_report(asked.filter, asked.viewer, asked.now, PARTS)
    sort = request.GET.get("sort", "")
    return {
        **as_dict(made),
        **_shown(made, asked, sort if sort.removeprefix("-") in SORTS else ""),
        "asked": asked,
        "report": made,
        "query": query_of(asked.filter),
        "unique_url": behind_url(asked.filter, "unique_numbers"),
        "is_long": asked.filter.period.days > LONG_DAYS and request.GET.get("unique") != "1",
    }


def _shown(made: CallReport, asked: Asked, sort: str) -> dict[str, Any]:
    return {
        "sort": sort,
        "tiles": make_tiles(made, asked),
        "compared": compared_words(made),
        "without": make_without(made),
        "columns": columns_for(made.filter),
        "lines": make_lines(made, sort),
        "total_cells": make_cells(made.total, made.filter, None),
        "mixes": [
            ("Направление", mix_lines(made.total.by_direction, _labels(Direction), "direction", made)),
            ("Способ определения", mix_lines(made.by_resolve_method, _labels(ResolveMethod), "resolve", made)),
            ("Источник действия", mix_lines(made.by_action_source, _labels(ActionSource), "source", made)),
        ],
        "hours_chart": hours_chart(made),
        "days_chart": days_chart(made),
        # «when do people answer» has no meaning over some of the outcomes
        "heat": None if made.filter.statuses else heat_map(made),
    }


def _labels(choices: Any) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


@login_required
@require_GET
def show_stats(request: HttpRequest) -> HttpResponse:
    """A bad filter keeps what was written and says what is wrong."""
    asked = _asked(request)
    viewer = asked.viewer
    is_wide = scope.reach(viewer, VERB) > Reach.OWN
    context = {
        "asked": asked,
        "errors": [text for texts in asked.errors.values() for text in texts],
        "steps": steps_of(asked),
        "said": request.GET,
        "said_statuses": request.GET.getlist("status"),
        "statuses": CallStatus.choices,
        "branches": list(branches_for(viewer)) if scope.reach(viewer, VERB) == Reach.ALL else [],
        "people": list(callers(viewer)) if is_wide else [],
        "boxes": my_boxes(viewer, asked.now),
        "topic": stats_topic(viewer),
        "query": query_of(asked.filter),
    }
    if asked.errors:
        return render(request, "ui/stats/stats.html", context, status=400)
    return render(request, "ui/stats/stats.html", context | _figures(request, asked))


@login_required
@require_GET
def show_figures(request: HttpRequest) -> HttpResponse:
    """The region that redraws itself."""
    asked = _asked(request)
    if asked.errors:
        return HttpResponse(status=400)
    return render(request, "ui/stats/figures.html", _figures(request, asked))


@login_required
@require_GET
def show_unique(request: HttpRequest) -> HttpResponse:
    """«Разные номера» come by themselves: over a long period they cost seconds."""
    asked = _asked(request)
    if asked.errors:
        return HttpResponse(status=400)
    context: dict[str, Any] = {"href": behind_url(asked.filter, "unique_numbers")}
    try:
        found = unique_within(asked.filter, asked.viewer, asked.now)
        context |= {"value": number(found.count), "note": change_words(found.change)}
    except TooLong as refusal:
        context |= {"value": "—", "note": refusal.detail}
    return render(request, "ui/stats/unique.html", context)


@login_required
@require_GET
def download(request: HttpRequest) -> HttpResponseBase:
    asked = _asked(request)
    kind = request.GET.get("format", "xlsx")
    if kind not in export.KINDS:
        raise Http404
    if asked.errors:  # the page says what is wrong with the dates
        return show_stats(request)
    return export.download(asked, kind)
