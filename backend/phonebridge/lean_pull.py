"""The poll that finds nothing, which is nearly every poll: a signature, one SQL, an empty answer (realtime.md §6).

Stands before sessions, CSRF and REST. Whatever is not that plain case goes on to `api/pull.py`, which decides it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import BigIntegerField, BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse

from accounts import tokens
from accounts.throttles import PULL_PACE, pull_key
from common.db import recent_connection
from common.metrics import POLLS
from common.statements import Param, Select, Update, ago_param
from phonebridge.models import CallRequest, PhoneDevice
from phonebridge.services import devices

PATH = "/api/phone/calls/pull/"
GetResponse = Callable[[HttpRequest], HttpResponse]


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _look() -> QuerySet[PhoneDevice, tuple[int, int, bool, bool, bool, bool]]:
    offer = CallRequest.objects.offerable().filter(user_id=OuterRef("user_id"))
    grant = CallRequest.objects.open().filter(
        user_id=OuterRef("user_id"), device_id=OuterRef("pk"), claimed_at__gt=ago_param("regrant")
    )
    never = Q(last_poll_at__isnull=True)
    return (
        devices.let_in()
        .annotate(
            has_offer=Exists(offer),
            has_grant=Exists(grant),
            is_stale=_flag(never | Q(last_poll_at__lte=ago_param("poll_write"))),
            was_quiet=_flag(never | Q(last_poll_at__lte=ago_param("poll_live"))),
        )
        .values_list("pk", "user__auth_epoch", "has_offer", "has_grant", "is_stale", "was_quiet")
    )


LOOK = Select(_look)
_POLLED = Update(
    PhoneDevice,
    lambda: (
        PhoneDevice.objects.filter(pk=Param("pk", BigIntegerField())),
        {"last_poll_at": Now(), "last_ip": Param("ip", PhoneDevice._meta.get_field("last_ip"))},
    ),
)


class LeanPullMiddleware:
    """Answers 204 to a known phone that has nothing to fetch; the pace is counted here for every poll with a token."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH or request.method != "GET":
            return self.get_response(request)
        started = time.perf_counter()
        answer = self._answer(request)
        POLLS.count(answer.status_code, time.perf_counter() - started)
        return answer

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            if _finds_nothing(request):
                return _nothing()
        except (OperationalError, InterfaceError):
            pass  # the view says 503 in its own words
        return self.get_response(request)


def _finds_nothing(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    device_id = request.GET.get("device_id", "")
    if scheme.lower() != "bearer" or not device_id or len(device_id) > 64 or not device_id.isprintable():
        return False
    try:
        claims = tokens.remembered_access(token.strip())
    except tokens.InvalidToken:
        return False
    wait_s = PULL_PACE.count(pull_key(claims.user_id, device_id))
    request.pull_wait_s = wait_s  # type: ignore[attr-defined]  # PullThrottle reads it and does not count again
    if wait_s or claims.device_id not in {"", device_id}:
        return False
    with recent_connection():
        rows = LOOK(user_id=claims.user_id, device_id=device_id, family=claims.family, **settings.CALL)
        if len(rows) != 1:
            return False
        pk, epoch, has_offer, has_grant, is_stale, was_quiet = rows[0]
        may_repeat = has_grant and request.GET.get("dedupe") == "1"
        if epoch != claims.epoch or has_offer or may_repeat or was_quiet:
            return False
        if is_stale:
            _POLLED(pk=pk, ip=request.META.get("REMOTE_ADDR") or None)
    return True


def _nothing() -> HttpResponse:
    answer = HttpResponse(status=204)
    del answer.headers["Content-Type"]
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
