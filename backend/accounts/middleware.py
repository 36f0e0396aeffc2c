"""Pace before log-in, and sessions that end when the person's epoch moves on."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts import known_devices, sessions
from accounts.addresses import counted
from accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]
PER_MINUTE = {"/login/": 60, "/api/token/": 60, "/api/phone/qr/exchange/": 30}
TOO_FAST = "Слишком много попыток входа с этого адреса. Повторите через минуту."


class RateLimitMiddleware:
    """By address only before log-in (D15); everything later is paced by person and device.

    A browser in which somebody has logged in before has a pace of its own: neighbours cannot use it up.
    Without a cache it lets through: the lock of accounts/security.py counts in the database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = PER_MINUTE.get(request.path) if request.method == "POST" else None
        if limit is None or _count(request) <= limit:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            answer: HttpResponse = JsonResponse({"detail": TOO_FAST, "code": "throttled"}, status=429)
        else:
            answer = render(request, "ui/errors/refusal.html", {"detail": TOO_FAST, "status": 429}, status=429)
        answer["Retry-After"] = str(60 - int(time.time()) % 60)
        return answer


def _count(request: HttpRequest) -> int:
    """How many times this address (or this known browser) has knocked at this door in this minute."""
    browser = known_devices.read(request.COOKIES.get(known_devices.COOKIE, ""))
    who = browser.device if browser.names else counted(request.META.get("REMOTE_ADDR"))
    key = f"door:{request.path}:{who}:{int(time.time()) // 60}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key)
    except ValueError:
        return 0


class SessionEpochMiddleware:
    """Ends a session whose person was deactivated, logged out everywhere, or away for too long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            user = request.user
            if not isinstance(user, User) or not sessions.is_good(request.session, user, by_hand=_is_by_hand(request)):
                logout(request)
        return self.get_response(request)


def _is_by_hand(request: HttpRequest) -> bool:
    """False for what an open page re-reads by itself: it must not keep a forgotten screen logged in."""
    return request.method != "GET" or request.headers.get("X-Requested-With") != "fetch"
