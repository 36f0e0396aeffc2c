"""Forms in a dialog: a script shows them over the page; without one they are pages of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

CLASH = 409
INVALID = 422


def is_dialog(request: HttpRequest) -> bool:
    """True when a script asks for the form alone."""
    return request.headers.get("X-Fragment") == "dialog"


def show_form(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The form; `context` needs `title`, `back` (the page behind) and what the template names."""
    whole = {**context, "body": template}
    if is_dialog(request):
        return render(request, "ui/dialogs/fragment.html", whole, status=status)
    return render(request, "ui/dialogs/page.html", whole, status=status)


def done(request: HttpRequest, url: str, text: str, *, leaves: bool = False) -> HttpResponse:
    """The work is done: the dialog closes with a toast, or the page goes back. `leaves`: go to `url` in any case."""
    if not is_dialog(request):
        messages.success(request, text)
        return HttpResponseRedirect(url)
    if leaves:
        messages.success(request, text)
        return HttpResponse(status=204, headers={"X-Go": url})
    return HttpResponse(status=204, headers={"X-Toast": quote(text)})
