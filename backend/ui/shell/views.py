"""The theme cookie and the page for a lost connection."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from ui.shell.theme import COOKIE, COOKIE_AGE_S, THEMES


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or auto for a year; scripts get 204, a plain form goes back where it was."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest("Неизвестное оформление.")
    if request.headers.get("X-Requested-With") == "fetch":
        response = HttpResponse(status=204)
    else:
        target = request.POST.get("next", "/")
        safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
        response = HttpResponseRedirect(target if safe else "/")
    response.set_cookie(
        COOKIE, chosen, max_age=COOKIE_AGE_S, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


@require_GET
def show_offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")
