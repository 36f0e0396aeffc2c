"""A television: a link opens a session of its own kind that reads one wallboard and nothing else."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.addresses import counted
from phonebridge.models import WallLink
from phonebridge.services import walls
from phonebridge.tv import COOKIE
from ui.wall.board import board_of

COOKIE_S = 90 * 24 * 3600
TRIES = 30


def _is_too_fast(request: HttpRequest) -> bool:
    """Thirty links a minute from one address, right or wrong; without a cache it lets through."""
    key = f"door:tv:{counted(request.META.get('REMOTE_ADDR'))}:{int(time.time()) // 60}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key) > TRIES
    except ValueError:
        return False


@require_GET
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The link itself: its token goes into a cookie and out of the address."""
    if _is_too_fast(request):
        return _closed(request, "Слишком много попыток. Повторите через минуту.", 429)
    link = walls.live_link(token)
    if link is None:
        return _closed(request, "Ссылка отозвана или неверна.", 404)
    walls.seen(link)
    return _with_cookie(redirect("tv"), request, token)


@require_GET
def show_screen(request: HttpRequest) -> HttpResponse:
    token = request.COOKIES.get(COOKIE, "")
    link = walls.live_link(token)
    if link is None:
        return _closed(request, "Ссылка отозвана.", 401)
    walls.seen(link)
    context = {**_board(link), "link": link, "zone": link.branch.zone, "release": settings.RELEASE}
    response = _with_cookie(render(request, "ui/wall/tv.html", context), request, token)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def show_board(request: HttpRequest) -> HttpResponse:
    """The region that redraws itself."""
    link = walls.live_link(request.COOKIES.get(COOKIE, ""))
    if link is None:
        return HttpResponse(status=401)
    return render(request, "ui/wall/board.html", _board(link))


def _board(link: WallLink) -> dict[str, object]:
    return board_of(link.branch, timezone.now(), link.branch.zone, with_companies=link.show_companies)


def _with_cookie(response: HttpResponse, request: HttpRequest, token: str) -> HttpResponse:
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_S, path="/", secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def _closed(request: HttpRequest, words: str, status: int) -> HttpResponse:
    response = render(request, "ui/wall/closed.html", {"words": words}, status=status)
    response["Cache-Control"] = "no-store"
    return response
