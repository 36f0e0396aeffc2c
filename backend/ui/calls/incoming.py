"""A call that nobody clicked: whose it is, whose it should be, or that it was private."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from audit.models import Source
from common.errors import DomainError
from companies.models import Company, Contact
from companies.selectors import Caller, candidates_of
from phonebridge.enums import Origin
from phonebridge.models import CallRequest
from phonebridge.selectors import get_visible_call
from phonebridge.selectors.calls import private_calls
from phonebridge.services.callback_acts import hand_over
from phonebridge.services.incoming import mark_private, pick_card, unmark_private
from ui.actor import actor
from ui.times import when

MAX_ID = 2**63 - 1


class PickForm(forms.Form):
    company = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    contact = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)


@dataclass(frozen=True, slots=True)
class Whose:
    """What the page of a call offers. `is_shown`: there is anything to choose or to do."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    is_foreign: bool = False
    is_unknown: bool = False
    may_be_private: bool = False
    is_own: bool = False
    new_url: str = ""

    @property
    def is_shown(self) -> bool:
        return self.is_foreign or self.is_unknown or bool(self.rows)


def whose(call: CallRequest, viewer: User) -> Whose:
    """The cards with the number of a call without a click, as the viewer may see them."""
    if call.origin == Origin.CLICK or call.repeats_id:
        return Whose()
    is_own = call.user_id == viewer.pk
    cards = candidates_of(viewer=viewer, e164=call.phone_e164)
    if cards.is_foreign:
        return Whose(is_foreign=True, is_own=is_own)
    if not cards.rows:
        query = urlencode({"phone": call.phone_e164, "call": str(call.pk)})
        new_url = f"{reverse('company_new')}?{query}" if call.phone_e164 else ""
        return Whose(is_unknown=True, is_own=is_own, may_be_private=is_own and not call.company_id, new_url=new_url)
    if len(cards.rows) == 1 and _is_chosen(call, cards.rows[0]):
        return Whose()
    rows = [{"card": card, "is_on": _is_chosen(call, card), "url": _url(card)} for card in cards.rows]
    return Whose(rows=rows, more=cards.more, is_own=is_own)


def _is_chosen(call: CallRequest, card: Caller) -> bool:
    if card.company_id:
        return call.company_id == card.company_id
    return call.company_id is None and call.contact_id == card.contact_id


def _url(card: Caller) -> str:
    return reverse("company_detail", args=[card.company_id]) if card.company_id else ""


def _call_or_404(user: User, pk: uuid.UUID, *, own: bool = False) -> CallRequest:
    call = get_visible_call(user, pk)
    if call is None or (own and call.user_id != user.pk):
        raise Http404
    return call


@login_required
@require_POST
def pick(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """«Это они»."""
    user = actor(request)
    call, form = _call_or_404(user, pk), PickForm(request.POST)
    said = form.cleaned_data if form.is_valid() else {}
    company = Company.objects.visible_to(user).filter(pk=said.get("company") or 0).first()
    contact = Contact.objects.visible_to(user).filter(pk=said.get("contact") or 0).first()
    try:
        pick_card(actor=user, call=call, company=company, contact=None if company else contact, source=Source.UI)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "Звонок стоит на карточке.")
    return redirect("call_detail", pk)


@login_required
@require_POST
def hand(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """«Передать» to whoever keeps the number."""
    user = actor(request)
    call = _call_or_404(user, pk, own=True)
    try:
        hand_over(actor=user, call=call, source=Source.UI)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "Передано: сотрудник, который ведёт этот номер, получил просьбу перезвонить.")
    return redirect("call_detail", pk)


@login_required
@require_POST
def make_private(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    call = _call_or_404(user, pk, own=True)
    try:
        mark_private(actor=user, call=call, source=Source.UI)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("call_detail", pk)
    messages.success(request, "Звонок отмечен личным: номер скрыт. Вернуть можно 24 часа.")
    return redirect("call_private_list")


@login_required
@require_POST
def take_back(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The mark was a mistake."""
    user = actor(request)
    call = private_calls(user).filter(pk=pk).first()
    if call is None:
        raise Http404
    try:
        unmark_private(actor=user, call=call, source=Source.UI)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("call_private_list")
    messages.success(request, "Звонок снова в списке.")
    return redirect("call_detail", pk)


@login_required
@require_GET
def show_private(request: HttpRequest) -> HttpResponse:
    """One's own private calls that can still be taken back, without their numbers."""
    user, now = actor(request), timezone.now()
    rows = [_private(call, user, now) for call in private_calls(user)[:100]]
    return render(request, "ui/calls/private.html", {"rows": rows})


def _private(call: CallRequest, user: User, now: datetime) -> dict[str, Any]:
    return {"id": call.pk, "time": when(call.counted_at or call.created_at, user.day_zone, now)}
