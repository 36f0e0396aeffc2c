"""Companies that look alike, and the way to one card of two."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from common.errors import DomainError
from companies import access
from companies.duplicates import Strength
from companies.merging.likeness import alike, alike_people, say_different
from companies.merging.services import merge_companies
from companies.merging.undo import is_undoable
from companies.models import CardKind, Company, Merge
from companies.selectors.card import visible_company
from ui.actor import actor
from ui.companies.picking import Candidate, candidate, found
from ui.merging.choosing import choose
from ui.times import when

SHOWN = 5


@dataclass(frozen=True, slots=True)
class MergeLine:
    id: int
    name: str
    about: str
    can_undo: bool


def _company_or_404(user: User, pk: int) -> Company:
    company = visible_company(user, pk)
    if company is None:
        raise Http404
    return company


def _likely(user: User, company: Company) -> list[Candidate]:
    return [
        candidate(user, row.company, row.words, "merge", is_branch=row.strength == Strength.BRANCH)
        for row in alike(user, company)
    ]


@login_required
@require_GET
def show_similar(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the card that asks for itself: likenesses, people who may be one, merges that may be taken back."""
    user = actor(request)
    company = _company_or_404(user, pk)
    context = {
        "company": company,
        "may_merge": access.can(user, "merge", company).ok,
        "rows": _likely(user, company),
        "people": alike_people(company),
        "merges": _merges(company, user),
    }
    return render(request, "ui/merging/similar.html", context)


def _merges(company: Company, user: User) -> list[MergeLine]:
    rows = Merge.objects.filter(kind=CardKind.COMPANY, winner_id=company.pk, undone_at__isnull=True)
    now = timezone.now()
    return [
        MergeLine(
            merge.pk,
            merge.loser_name,
            ", ".join([when(merge.at, user.day_zone, now), merge.by.label if merge.by else "сотрудник удалён"]),
            is_undoable(merge),
        )
        for merge in rows.select_related("by").order_by("-pk")[:SHOWN]
    ]


@login_required
@require_POST
def different(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    user = actor(request)
    _company_or_404(user, pk)
    try:
        say_different(actor=user, company_id=pk, other_id=other)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        messages.error(request, error.detail)
    else:
        messages.success(request, "Запомнено: это разные компании.")
    return HttpResponseRedirect(reverse("company_detail", args=[pk]))


@login_required
@require_GET
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """With which card; found by name, ИНН or number among those that the person sees."""
    user = actor(request)
    company = _company_or_404(user, pk)
    typed = request.GET.get("q", "").strip()[:200]
    rows = found(user, typed, "merge", but=company.pk) if typed else _likely(user, company)
    verdict = access.can(user, "merge", company)
    context = {
        "company": company,
        "typed": typed,
        "rows": [row for row in rows if not row.is_branch],
        "refusal": "" if verdict.ok else verdict.reason,
        "back": reverse("company_detail", args=[pk]),
    }
    return render(request, "ui/merging/pick.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def merge_with(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    user = actor(request)
    for number in (pk, other):
        _company_or_404(user, number)
    back = reverse("company_detail", args=[pk])
    return choose(request, CardKind.COMPANY, user, (pk, other), merge_companies, back)
