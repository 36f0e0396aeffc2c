"""Refusals and failures as pages, and as JSON under /api/."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

WORDS = {
    400: ("bad_request", "Запрос не понят."),
    403: ("forbidden", "Нет доступа."),
    404: ("not_found", "Не найдено."),
    500: ("server_error", "Ошибка на сервере. Повторите позже."),
}


def answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        code, detail = WORDS[status]
        return JsonResponse({"detail": detail, "code": code}, status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Drawn without the request: whatever failed, this page does not touch it."""
    if request.path.startswith("/api/"):
        return answer(request, 500)
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
