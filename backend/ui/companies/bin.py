"""The bin: deleted companies for administrators, deleted people of a card for whoever may change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from common.errors import DomainError
from companies import access
from companies.edits import deletion, people
from companies.models import Company, Contact
from companies.selectors.bin import MOST, bin_companies, bin_lone_people, bin_people, erased_on, reasons_of
from ui.actor import actor, holder_or_404
from ui.companies.edit import company_or_404
from ui.companies.people import card_url
from ui.dialogs import INVALID, done, show_form
from ui.times import when

PAGE = 50


@dataclass(frozen=True, slots=True)
class BinLine:
    """`left` says in words how long the row can be brought back."""

    id: int
    name: str
    about: str
    reason: str
    time: str
    left: str


def _left(deleted_at: datetime, now: datetime) -> str:
    days = ceil((erased_on(deleted_at) - now) / timedelta(days=1))
    return f"ещё {days} дн." if days > 0 else "сотрётся скоро"


@login_required
@require_GET
def show_bin(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/companies/bin.html", _bin(request, holder_or_404(request, "restore")))


def _bin(request: HttpRequest, user: User) -> dict[str, Any]:
    now = timezone.now()
    page = Paginator(bin_companies(user), PAGE).get_page(request.GET.get("page"))
    companies = list(page.object_list)
    reasons = reasons_of(companies)
    return {"rows": [_line(company, reasons, user, now) for company in companies], "page": page}


def _line(company: Company, reasons: dict[int, str], user: User, now: datetime) -> BinLine:
    assert company.deleted_at is not None  # noqa: S101 (typing: rows of the bin)
    owner = company.responsible.label if company.responsible else "без ответственного"
    who = company.deleted_by.label if company.deleted_by else "система"
    return BinLine(
        id=company.pk,
        name=company.name,
        about=f"ИНН {company.inn} · {owner}" if company.inn else owner,
        reason=reasons.get(company.pk, ""),
        time=f"{when(company.deleted_at, user.day_zone, now)}, {who}",
        left=_left(company.deleted_at, now),
    )


@login_required
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    user = holder_or_404(request, "restore")
    try:
        company = deletion.restore_company(actor=user, company_id=pk)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        holder = error.extra.get("company")
        taken = {
            "refusal": error.detail,
            "holder_url": reverse("company_detail", args=[holder]) if holder else "",
        }
        return render(request, "ui/companies/bin.html", {**_bin(request, user), **taken}, status=error.status)
    messages.success(request, f"Восстановлена: {company.name}.")
    return HttpResponseRedirect(reverse("company_detail", args=[pk]))


@login_required
@require_http_methods(["GET", "POST"])
def purge(request: HttpRequest, pk: int) -> HttpResponse:
    user = holder_or_404(request, "restore")
    company = bin_companies(user).filter(pk=pk).first()
    if company is None:
        raise Http404
    context = {
        "title": f"Стереть «{company.name}» навсегда?",
        "text": "Компания, её контакты, номера и заметки сотрутся, вернуть их нельзя. Звонки и отчёты останутся.",
        "back": reverse("company_bin"),
        "button": "Стереть навсегда",
        "kind": "danger",
    }
    if request.method != "POST":
        return show_form(request, "ui/dialogs/words.html", context)
    try:
        name = deletion.purge_now(actor=user, company_id=pk)
    except DomainError as error:
        return show_form(request, "ui/dialogs/words.html", {**context, "refusal": error.detail}, INVALID)
    return done(request, reverse("company_bin"), f"Стёрта: {name}.", leaves=True)


@login_required
@require_GET
def show_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Deleted people of a card."""
    user, now = actor(request), timezone.now()
    company = company_or_404(user, pk)
    may = access.can(user, "contact_edit", company)
    context = {
        "title": f"Удалённые контакты: {company.name}",
        "back": reverse("company_detail", args=[company.pk]),
        "back_words": "К карточке",
        "rows": _people(bin_people(company), user, now),
        "refusal": "" if may.ok else may.reason,
    }
    return render(request, "ui/companies/bin_people.html", context)


@login_required
@require_GET
def show_lone_people(request: HttpRequest) -> HttpResponse:
    """Deleted people of no company."""
    user, now = actor(request), timezone.now()
    context = {
        "title": "Удалённые контакты без компании",
        "back": reverse("contact_list"),
        "back_words": "К контактам",
        "rows": _people(bin_lone_people(user)[:MOST], user, now),
    }
    return render(request, "ui/companies/bin_people.html", context)


def _people(found: Iterable[Contact], user: User, now: datetime) -> list[BinLine]:
    return [
        BinLine(c.pk, c.full_name, c.position, "", when(c.deleted_at, user.day_zone, now), _left(c.deleted_at, now))
        for c in found
        if c.deleted_at is not None
    ]


@login_required
@require_POST
def restore_person(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        contact = people.restore_contact(actor=actor(request), contact_id=pk)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        messages.error(request, error.detail)
        return HttpResponseRedirect(reverse("company_list"))
    messages.success(request, f"Восстановлен контакт: {contact.full_name}.")
    return HttpResponseRedirect(card_url(contact))
