"""Rows a page: from the URL, else from the cookie that remembers the last choice (W-20)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from companies.listing import SIZES

COOKIE = "page_size"
COOKIE_AGE_S = 365 * 24 * 3600
DEFAULT_SIZE = 50


def _read(text: str | None) -> int | None:
    return next((size for size in SIZES if text == str(size)), None)


def page_size(request: HttpRequest) -> int:
    return _read(request.GET.get("size")) or _read(request.COOKIES.get(COOKIE)) or DEFAULT_SIZE


def remember_size(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep a size that this URL chose."""
    chosen = _read(request.GET.get("size"))
    if chosen and str(chosen) != request.COOKIES.get(COOKIE):
        response.set_cookie(
            COOKIE, str(chosen), max_age=COOKIE_AGE_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response
