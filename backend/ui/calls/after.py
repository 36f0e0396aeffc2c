"""The card after a call: in the dock, as a page of its own, and the queue of those without an outcome."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from common.clock import db_now
from common.errors import DomainError
from phonebridge.answers import read_answer
from phonebridge.matching import names_for
from phonebridge.models import AfterCall, CallRequest
from phonebridge.selectors import after as cards
from phonebridge.selectors import get_visible_call
from phonebridge.services.after import save_card
from ui.actor import actor
from ui.aftercard import after_form, number_of
from ui.callrows import visible_company_ids
from ui.times import when

MOST = 100
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Input of ui/calls/after_rows.html."""

    id: str
    who: str
    contact: str
    phone: str
    ended: str
    at: str
    is_red: bool
    has_draft: bool


def _found(user: User, pk: uuid.UUID) -> tuple[CallRequest, AfterCall]:
    call = get_visible_call(user, pk)
    card = cards.card_of(call) if call else None
    if call is None or card is None:
        raise Http404
    return call, card


def _show(request: HttpRequest, call: CallRequest, card: AfterCall, status: int = 200, **more: Any) -> HttpResponse:
    user = actor(request)
    sees_company = call.company_id in visible_company_ids(user, [call])
    context = {"form": after_form(call, card, user, timezone.now(), sees_company=sees_company), **more}
    is_dock = request.headers.get("X-Fragment") == "after"
    return render(request, "ui/calls/after_card.html" if is_dock else "ui/calls/after.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def call_after(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The card; without a script it is sent whole and is done then."""
    user = actor(request)
    call, card = _found(user, pk)
    if request.method == "GET":
        return _show(request, call, card)
    try:
        save_card(actor=user, call_id=pk, answer=read_answer(_typed(request)), now=db_now())
    except DomainError as refusal:
        typed = {name: request.POST.get(name, "") for name in ("outcome", "note", "next", "next_at", "next_text")}
        return _show(request, call, card, 422, refused=refusal.detail, typed=typed)
    messages.success(request, "Итог сохранён.")
    return HttpResponseRedirect(reverse("after_list"))


def _typed(request: HttpRequest) -> dict[str, Any]:
    """A posted form in the words of the API."""
    form = request.POST
    body: dict[str, Any] = {name: form[name] for name in ("outcome", "note", "next_text", "reason") if name in form}
    step = form.get("next", CUSTOM)
    body |= {"next_at": form.get("next_at", "")} if step == CUSTOM else {"next": step}
    rev = form.get("rev", "")
    return body | {"done": True, "rev": int(rev) if rev.isascii() and rev.isdecimal() and len(rev) < 10 else None}


def _waiting(user: User, now: datetime) -> dict[str, Any]:
    waiting = cards.unfilled(user)
    rows = [_row(card, user, now) for card in waiting[:MOST]]
    return {"rows": rows, "count": waiting.count() if len(rows) == MOST else len(rows)}


def _row(card: AfterCall, user: User, now: datetime) -> WaitingRow:
    names = names_for(user, card.call)
    return WaitingRow(
        id=str(card.pk),
        who=names.company_words,
        contact=names.contact,
        phone=number_of(card.call),
        ended=when(card.ended_at, user.day_zone, now),
        at=card.ended_at.isoformat(),
        is_red=cards.is_red(card, now),
        has_draft=card.is_touched,
    )


@login_required
@require_GET
def after_list(request: HttpRequest) -> HttpResponse:
    """One's own calls without an outcome."""
    return render(request, "ui/calls/after_list.html", _waiting(actor(request), timezone.now()))


@login_required
@require_GET
def after_rows(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/calls/after_rows.html", _waiting(actor(request), timezone.now()))


@login_required
@require_GET
def after_badge(request: HttpRequest) -> HttpResponse:
    """«Без итога N» of the top bar."""
    count, red = cards.unfilled_counts(actor(request), timezone.now())
    return render(request, "ui/shell/after_badge.html", {"count": count, "red": red})
