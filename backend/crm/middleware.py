"""Headers and refusals that belong to every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from common.api import AWAY
from common.errors import DomainError

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
