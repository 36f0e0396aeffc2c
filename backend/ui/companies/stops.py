"""«Не звонить» on a number, a person or a company: set by who leads the card or has called, taken off by a head."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import DomainError
from companies.edits import stops
from companies.edits.marks import Target, card_of
from companies.models import Contact, PhoneNumber
from companies.selectors.stops import Stop, stop_of, stop_of_number
from phonebridge.selectors import has_called
from ui.actor import actor
from ui.companies.edit import FIELDS, company_or_404
from ui.companies.forms import ReasonForm
from ui.companies.people import card_url, contact_or_404, row_or_404
from ui.dialogs import INVALID, done, show_form
from ui.forms import StyledForm


class StopForm(StyledForm):
    reason = forms.CharField(
        label="Что сказали", required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 3})
    )


@login_required
@require_http_methods(["GET", "POST"])
def company_stop(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    company = company_or_404(user, pk)
    return _show(request, user, company, stop_of(company))


@login_required
@require_http_methods(["GET", "POST"])
def contact_stop(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    contact = contact_or_404(user, pk)
    return _show(request, user, contact, stop_of(contact))


@login_required
@require_http_methods(["GET", "POST"])
def phone_stop(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    number, _ = row_or_404(PhoneNumber, user, pk)
    assert isinstance(number, PhoneNumber)  # noqa: S101 (typing)
    return _show(request, user, number, stop_of_number(number.e164 or ""))


def _show(request: HttpRequest, user: User, target: Target, stop: Stop | None) -> HttpResponse:
    return _allow(request, user, target, stop) if stop else _stop(request, user, target)


def _stop(request: HttpRequest, user: User, target: Target) -> HttpResponse:
    back = card_url(card_of(target))
    context: dict[str, Any] = {
        "title": "Не звонить",
        "back": back,
        "button": "Не звонить",
        "kind": "danger",
        "text": f"{target}: кнопки звонка не будет ни у кого. Снять запрет сможет руководитель.",
    }
    form = StopForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        stops.stop_calls(
            actor=user, target=target, reason=form.cleaned_data["reason"], is_own_call=_has_called(user, target)
        )
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, back, "Записано: не звонить.")


def _allow(request: HttpRequest, user: User, target: Target, stop: Stop) -> HttpResponse:
    back = card_url(card_of(target))
    reason = f" «{stop.reason}»" if stop.reason else ""
    context: dict[str, Any] = {
        "title": "Снять запрет звонить",
        "back": back,
        "button": "Снять",
        "text": f"{target}. {stop.words}.{reason}",
    }
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        stops.allow_calls(actor=user, target=target, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, back, "Запрет снят.")


def _has_called(user: User, target: Target) -> bool:
    """Whoever has called there may write down what was said."""
    card = card_of(target)
    company_id = card.company_id if isinstance(card, Contact) else card.pk
    if isinstance(target, PhoneNumber):
        return has_called(user, e164=target.e164 or "", company_id=company_id)
    if isinstance(target, Contact):
        return has_called(user, contact_id=target.pk)
    return has_called(user, company_id=company_id)
