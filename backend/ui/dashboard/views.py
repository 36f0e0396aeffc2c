"""«Сегодня»: the day's figures, who is talking now, the latest calls. Every region redraws itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from common.clock import local_day
from phonebridge.selectors import today, visible_calls
from phonebridge.stats.wall import place_of
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.callrows import call_rows
from ui.dashboard.figures import make_tiles, place_tiles
from ui.dashboard.now import people_now
from ui.mycall import my_boxes
from ui.times import day_title

LATEST = 12
WHOSE = {Reach.OWN: "ваши звонки", Reach.BRANCH: "звонки филиала", Reach.ALL: "все филиалы"}


def _figures(user: User, now: datetime) -> dict[str, Any]:
    tiles = make_tiles(today(user, now))
    if scope.reach(user, "calls_view") == Reach.OWN and (place := place_of(user, now)) is not None:
        tiles += place_tiles(*place)
    return {"tiles": tiles}


def _now(user: User, now: datetime) -> dict[str, Any]:
    people, hidden = people_now(user, now)
    return {"people": people, "hidden": hidden}


def _latest(user: User, now: datetime) -> dict[str, Any]:
    return {"rows": call_rows(list(visible_calls(user)[:LATEST]), user, now)}


@login_required
@require_GET
def show_today(request: HttpRequest) -> HttpResponse:
    user, now = actor(request), timezone.now()
    reach = scope.reach(user, "calls_view")
    context = {
        **_figures(user, now),
        **_now(user, now),
        **_latest(user, now),
        "boxes": my_boxes(user, now),
        "topics": " ".join(live_topics(user)),
        "whose": WHOSE.get(reach, ""),
        "day": day_title(local_day(now, user.day_zone)),
    }
    return render(request, "ui/dashboard/today.html", context)


@login_required
@require_GET
def show_figures(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/dashboard/figures.html", _figures(actor(request), timezone.now()))


@login_required
@require_GET
def show_now(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/dashboard/now.html", _now(actor(request), timezone.now()))


@login_required
@require_GET
def show_latest(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/dashboard/latest.html", _latest(actor(request), timezone.now()))
