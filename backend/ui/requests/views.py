"""Requests: those that wait for one's decision, and one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from audit.trail import changes_since
from common.errors import DomainError
from companies.edits import requests
from companies.edits.requests import Request
from companies.edits.values import label_of
from companies.models import (
    ClosedBy,
    Company,
    CompanyDeletionRequest,
    CompanyLeadStateRequest,
    LeadState,
    RequestStatus,
)
from ui.actor import actor
from ui.companies.forms import ReasonForm
from ui.dialogs import INVALID, done, show_form
from ui.times import when

KINDS: dict[str, type[Request]] = {"lead": CompanyLeadStateRequest, "deletion": CompanyDeletionRequest}
INBOX: dict[str, Callable[[User], QuerySet[Any]]] = {
    "lead": lambda user: requests.inbox(CompanyLeadStateRequest, user),
    "deletion": lambda user: requests.inbox(CompanyDeletionRequest, user),
}
MOST = 100


@dataclass(frozen=True, slots=True)
class RequestRow:
    """`changed` names what was changed on the card since it was asked."""

    kind: str
    id: int
    title: str
    company: str
    company_url: str
    about: str
    note: str
    status: str
    tone: str
    time: str
    changed: str
    can_decide: bool
    can_withdraw: bool


def _context(request: HttpRequest) -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    is_own = request.GET.get("show") == "own"
    found: list[Request] = []
    for kind, model in KINDS.items():
        rows = _own(model, user) if is_own else INBOX[kind](user)
        found += list(rows[:MOST])
    found.sort(key=lambda row: row.created_at, reverse=is_own)
    seen = set(
        Company.objects.visible_to(user).filter(pk__in=[r.company_id for r in found]).values_list("pk", flat=True)
    )
    return {
        "rows": [_row(row, user, now, seen, is_own=is_own) for row in found],
        "is_own": is_own,
        "tabs": [
            {"label": "Ждут решения", "url": "?", "is_on": not is_own},
            {"label": "Мои запросы", "url": "?show=own", "is_on": is_own},
        ],
        "query": request.GET.urlencode(),
        "topics": "requests.all",
    }


def _own(model: type[Request], user: User) -> Any:
    rows = model._default_manager.filter(requested_by=user).select_related("company", "decided_by", "requested_by")
    return rows.order_by("-created_at")


def _row(row: Request, user: User, now: datetime, seen: set[int], *, is_own: bool) -> RequestRow:
    if isinstance(row, CompanyLeadStateRequest):
        kind, title = "lead", f"Сделать «{LeadState(row.requested_state).label}»"
    else:
        kind, title = "deletion", "Удалить компанию"
    status, tone = _status(row)
    author = row.requested_by.label if row.requested_by else "сотрудник удалён"
    return RequestRow(
        kind=kind,
        id=row.pk,
        title=title,
        company=row.company_name_snapshot,
        company_url=reverse("company_detail", args=[row.company_id]) if row.company_id in seen else "",
        about="" if is_own else author,
        note=row.note,
        status=status,
        tone=tone,
        time=when(row.created_at, user.day_zone, now),
        changed="" if is_own else _changed(row),
        can_decide=not is_own,
        can_withdraw=is_own and row.status == RequestStatus.PENDING,
    )


def _status(row: Request) -> tuple[str, str]:
    """The state in the words of the rules (D11), and its colour."""
    if row.status == RequestStatus.PENDING:
        return "Ждёт решения", "warning"
    if row.status == RequestStatus.APPROVED:
        return "Одобрен", "success"
    if row.is_rejected:
        by = row.decided_by.label if row.decided_by else ""
        return f"Отклонён: {row.decision_note} ({by})", "danger"
    return f"Отозван: {ClosedBy(row.closed_by).label}" if row.closed_by else "Отозван", "neutral"


def _changed(row: Request) -> str:
    if row.company_id is None:
        return ""
    names = {label_of(Company, c.field) for c in changes_since("company", row.company_id, row.version_snapshot)}
    return ", ".join(sorted(names))


@login_required
@require_GET
def show_inbox(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/requests/list.html", _context(request))


@login_required
@require_GET
def show_rows(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/requests/list.html#rows", _context(request))


def _request_or_404(kind: str, pk: int) -> Request:
    model = KINDS.get(kind)
    row = model._default_manager.select_related("company", "requested_by").filter(pk=pk).first() if model else None
    if row is None:
        raise Http404
    return row


@login_required
@require_POST
def approve(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    row = _request_or_404(kind, pk)
    try:
        requests.approve(actor=actor(request), request=row)
    except DomainError as refusal:
        if refusal.status == 404:
            raise Http404 from refusal
        messages.error(request, refusal.detail)
    else:
        messages.success(request, f"Одобрено: {row.company_name_snapshot}.")
    return redirect("request_list")


@login_required
@require_http_methods(["GET", "POST"])
def reject(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user, row = actor(request), _request_or_404(kind, pk)
    if not INBOX[kind](user).filter(pk=row.pk).exists():
        raise Http404
    context = {
        "title": "Отклонить запрос",
        "back": reverse("request_list"),
        "button": "Отклонить",
        "kind": "danger",
        "text": f"{row.company_name_snapshot}. Автор увидит причину.",
    }
    template = "ui/dialogs/fields.html"
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, template, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        requests.reject(actor=user, request=row, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        form.add_error("reason", refusal.detail)
        return show_form(request, template, {**context, "form": form}, INVALID)
    return done(request, reverse("request_list"), "Запрос отклонён.")


@login_required
@require_POST
def withdraw(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user, row = actor(request), _request_or_404(kind, pk)
    if row.requested_by_id != user.pk:
        raise Http404
    try:
        requests.withdraw(actor=user, request=row)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "Запрос отозван.")
    return redirect(f"{reverse('request_list')}?show=own")
