"""«Аналитика»: a branch or all by day, month and person, and the cold-call report (W-5, C-6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import scope
from accounts.roles import Reach
from phonebridge.selectors.after import filled_share
from phonebridge.stats import CallReport, NotYourPerson, Part, report
from phonebridge.stats.asked import VERB, branches_for
from phonebridge.stats.cold import cold_marks
from ui.mycall import my_boxes
from ui.stats import export
from ui.stats.asked import NAMES, Asked, behind_url, query_of, read_asked, steps_of
from ui.stats.figures import make_tiles, rate
from ui.stats.pictures import days_chart
from ui.times import number

PARTS = frozenset({Part.DAYS, Part.PREVIOUS})
COLD = frozenset({Part.DAYS})
DASH = "—"


def _asked(request: HttpRequest) -> Asked:
    try:
        return read_asked(request)
    except NotYourPerson as refusal:
        raise Http404(refusal.detail) from None


@login_required
@require_GET
def show_overview(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    viewer = asked.viewer
    context: dict[str, Any] = {
        "asked": asked,
        "errors": [text for texts in asked.errors.values() for text in texts],
        "steps": steps_of(asked, reverse("analytics")),
        "branches": list(branches_for(viewer)) if scope.reach(viewer, VERB) == Reach.ALL else [],
        "boxes": my_boxes(viewer, asked.now),
        "query": query_of(asked.filter),
    }
    if asked.errors:
        return render(request, "ui/stats/overview.html", context, status=400)
    made = report(asked.filter, viewer, asked.now, PARTS)
    marks = cold_marks(viewer, asked.filter.period)
    if asked.filter.user_id is not None or asked.filter.branch_id is not None or asked.filter.without_branch:
        shown = {row.user.pk for row in made.rows}
        marks = Counter({user_id: n for user_id, n in marks.items() if user_id in shown})
    cold = report(replace(asked.filter, is_cold=True), viewer, asked.now, COLD)
    context |= {
        "tiles": make_tiles(made, asked),
        "days_chart": days_chart(made),
        "people": _people(made, cold, asked, marks),
        "cold_days": _cold_days(cold),
        "cold_months": _cold_months(cold),
        "cold_total": number(cold.total.total_calls),
        "cold_url": behind_url(cold.filter, "cold"),
        "marks": number(sum(marks.values())),
    }
    return render(request, "ui/stats/overview.html", context)


def _people(made: CallReport, cold: CallReport, asked: Asked, marks: Counter[int]) -> list[dict[str, Any]]:
    """Everybody's calls, connects, cold calls, marks and the share of filled cards."""
    colds = {row.user.pk: row.figures for row in cold.rows}
    period = asked.filter.period
    shares = filled_share(asked.viewer, period.from_on, period.to_on, where=asked.filter.where)
    lines = []
    for row in made.rows:
        its, share = colds.get(row.user.pk), shares.get(row.user.pk)
        lines.append(
            {
                "user": row.user,
                "calls": number(row.figures.total_calls),
                "connected": number(row.figures.connected),
                "rate": rate(row.figures.outgoing_connect_rate_percent),
                "cold": number(its.total_calls if its else 0),
                "cold_connected": number(its.connected if its else 0),
                "cold_url": behind_url(replace(cold.filter, user_id=row.user.pk), "cold"),
                "marks": number(marks.get(row.user.pk, 0)),
                "filled": rate(share.percent) if share else DASH,
            }
        )
    return lines


def _cold_days(cold: CallReport) -> list[dict[str, str]]:
    """Days with cold calls, the newest first."""
    return [
        _line(f"{day:%d.%m.%Y}", counts, cold, day, day)
        for day, counts in sorted(cold.days.items(), reverse=True)
        if sum(counts.values())
    ]


def _cold_months(cold: CallReport) -> list[dict[str, str]]:
    months: dict[date, dict[str, int]] = {}
    last: dict[date, date] = {}
    for day, counts in cold.days.items():
        key = day.replace(day=1)
        known = months.setdefault(key, dict.fromkeys(counts, 0))
        for status, n in counts.items():
            known[status] += n
        last[key] = day
    period = cold.filter.period
    return [
        _line(f"{NAMES[key.month - 1]} {key.year}", counts, cold, max(key, period.from_on), last[key])
        for key, counts in sorted(months.items(), reverse=True)
        if sum(counts.values())
    ]


def _line(title: str, counts: dict[str, int], cold: CallReport, first: date, last: date) -> dict[str, str]:
    return {
        "title": title,
        "n": number(sum(counts.values())),
        "connected": number(counts["connected"]),
        "href": behind_url(cold.filter, "cold", from_on=first, to_on=last),
    }


@login_required
@require_GET
def download_cold(request: HttpRequest) -> HttpResponseBase:
    asked, kind = _asked(request), request.GET.get("format", "xlsx")
    if asked.errors or kind not in export.KINDS:
        raise Http404
    return export.download(replace(asked, filter=replace(asked.filter, is_cold=True)), kind)
