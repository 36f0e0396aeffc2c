"""What is done with a whole card: hand over, another state, marks, delete."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import DomainError
from companies import access
from companies.edits import deletion, marks, requests
from companies.edits.marks import Target
from companies.edits.transfer import refusal as no_target
from companies.edits.transfer import targets, transfer_company
from companies.models import Company, LeadState, PhoneNumber
from ui.actor import actor
from ui.companies.edit import FIELDS, company_or_404
from ui.companies.forms import LeadForm, ReasonForm, TransferForm
from ui.companies.people import card_url, contact_or_404, row_or_404
from ui.dialogs import INVALID, done, show_form


@login_required
@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    company = company_or_404(user, pk)
    people = [person for person in targets() if no_target(company, person) is None]
    context = {"title": "Передать компанию", "back": card_url(company), "button": "Передать", "text": company.name}
    verdict = access.can(user, "transfer", company)
    form = TransferForm(people, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return show_form(request, FIELDS, {**context, "form": form, "refusal": "" if verdict.ok else verdict.reason})
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    try:
        given = transfer_company(actor=user, company_id=pk, to_id=int(form.cleaned_data["to"]))
    except DomainError as refusal:
        form.add_error(None, refusal.detail)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    words = f"Компания передана: {given.to.label}."
    if given.is_seen:
        return done(request, card_url(company), words)
    return done(request, reverse("company_list"), f"{words} Вам она больше не видна.", leaves=True)


@login_required
@require_http_methods(["GET", "POST"])
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    """Those who decide change the state at once, the others ask."""
    user = actor(request)
    company = company_or_404(user, pk)
    may_set = access.can(user, "lead_set", company).ok
    other = LeadState.COLD if company.lead_state == LeadState.WARM else LeadState.WARM
    context = {
        "title": "Состояние компании",
        "back": card_url(company),
        "button": "Изменить" if may_set else "Попросить",
        "text": "" if may_set else "Состояние меняет руководитель: он увидит ваш запрос сразу.",
    }
    form = LeadForm(request.POST if request.method == "POST" else None, initial={"state": other})
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    wanted, note = form.cleaned_data["state"], form.cleaned_data["note"]
    try:
        if may_set:
            requests.set_lead_state(actor=user, company_id=pk, state=wanted)
        else:
            requests.request_lead(actor=user, company_id=pk, state=wanted, note=note)
    except DomainError as refusal:
        form.add_error(None, refusal.detail)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, card_url(company), "Сохранено." if may_set else "Запрос отправлен руководителю.")


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """An administrator deletes, the others ask for it."""
    user = actor(request)
    company = company_or_404(user, pk)
    may_delete = access.can(user, "delete", company).ok
    context = {
        "title": f"Удалить «{company.name}»?" if may_delete else "Попросить удалить",
        "back": card_url(company),
        "button": "Удалить" if may_delete else "Попросить",
        "kind": "danger" if may_delete else "primary",
        "text": "Компания уйдёт в корзину на тридцать дней. Звонки и отчёты останутся."
        if may_delete
        else "Решит администратор.",
    }
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        if not may_delete:
            requests.request_deletion(actor=user, company_id=pk, note=form.cleaned_data["reason"])
            return done(request, card_url(company), "Запрос отправлен администратору.")
        deletion.delete_company(actor=user, company_id=pk, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, reverse("company_list"), "Компания в корзине.", leaves=True)


@login_required
@require_http_methods(["GET", "POST"])
def company_cold(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    return _cold(request, user, company_or_404(user, pk))


@login_required
@require_http_methods(["GET", "POST"])
def contact_cold(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    return _cold(request, user, contact_or_404(user, pk))


@login_required
@require_http_methods(["GET", "POST"])
def phone_cold(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    row, _ = row_or_404(PhoneNumber, user, pk)
    assert isinstance(row, PhoneNumber)  # noqa: S101 (typing)
    return _cold(request, user, row)


def _cold(request: HttpRequest, user: User, target: Target) -> HttpResponse:
    """Mark, or take the mark off with a reason."""
    back = card_url(marks.card_of(target))
    if target.is_cold_call:
        return _reset(request, user, target, back)
    context: dict[str, Any] = {
        "title": "Отметить «холодный звонок»",
        "back": back,
        "button": "Отметить",
        "text": f"{target}: запомнится, кто и когда отметил.",
    }
    if request.method != "POST":
        return show_form(request, "ui/dialogs/words.html", context)
    try:
        marks.mark_cold(actor=user, target=target)
    except DomainError as refusal:
        return show_form(request, "ui/dialogs/words.html", {**context, "refusal": refusal.detail}, INVALID)
    return done(request, back, "Отмечено.")


def _reset(request: HttpRequest, user: User, target: Target, back: str) -> HttpResponse:
    who = target.cold_marked_by.label if target.cold_marked_by else "неизвестно кто"
    context: dict[str, Any] = {
        "title": "Снять отметку «холодный звонок»",
        "back": back,
        "button": "Снять",
        "text": f"{target}. Отметил(а): {who}, {target.cold_marked_at:%d.%m.%Y}.",
    }
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        left = marks.reset_cold(actor=user, target=target, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    rest = left.people + left.numbers if isinstance(target, Company) else 0
    return done(request, back, f"Отметка снята. Ниже остались отметки: {rest}." if rest else "Отметка снята.")
