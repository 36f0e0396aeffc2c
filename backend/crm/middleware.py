"""Headers and refusals that belong to every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from common.api import AWAY
from common.errors import DomainError

MIB = 1024 * 1024
GetResponse = Callable[[HttpRequest], HttpResponse]
POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
)


class SecurityHeadersMiddleware:
    """Permissions-Policy on all; no-store on pages that show people's data."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        if not request.path.startswith("/static/"):
            patch_cache_control(response, no_store=True)
        return response


class BodyLimitMiddleware:
    """Refuses a body that no address takes before anything reads it; the largest is a file of the import."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length, limit_mb = request.headers.get("Content-Length", ""), settings.IMPORT["file_mb"]
        # the file stands in a form with some fields around it
        if not length.isdigit() or int(length) <= (limit_mb + 1) * MIB:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": "Слишком большой запрос.", "code": "too_big"}, status=413)
        detail = f"Файл больше {limit_mb} МБ. Разделите его на части или сохраните только нужный лист."
        return render(request, "ui/errors/refusal.html", {"detail": detail, "status": 413}, status=413)


class DomainErrorMiddleware:
    """A refusal that no view caught, or a lost database, becomes a page or JSON with words, never a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return self._answer(request, error.status, error.detail, error.code)
        if isinstance(error, OperationalError | InterfaceError):
            return self._answer(request, 503, AWAY, "database_away")
        return None

    def _answer(self, request: HttpRequest, status: int, detail: str, code: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": detail, "code": code}, status=status)
        return render(request, "ui/errors/refusal.html", {"detail": detail, "status": status}, status=status)
