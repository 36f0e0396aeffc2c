"""A person without a company comes to one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import DomainError
from companies.edits.people import join_company
from companies.edits.rights import verdict_on
from companies.models import Contact
from ui.actor import actor
from ui.companies.people import contact_or_404
from ui.companies.picking import found, number_said


@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Which company, found among those that the person sees; POST has its number as `company`."""
    user = actor(request)
    contact = contact_or_404(user, pk)
    if contact.company_id is not None:
        raise Http404
    if request.method == "POST":
        return _joined(request, user, contact)
    return _page(request, user, contact)


def _joined(request: HttpRequest, user: User, contact: Contact) -> HttpResponse:
    company_id = number_said(request.POST.get("company", ""))
    try:
        joined = join_company(actor=user, contact_id=contact.pk, company_id=company_id)
    except DomainError as refusal:
        return _page(request, user, contact, refusal.detail, refusal.status)
    messages.success(request, f"{joined.full_name} — теперь контакт этой компании.")
    return HttpResponseRedirect(reverse("company_detail", args=[joined.company_id]))


def _page(request: HttpRequest, user: User, contact: Contact, refusal: str = "", status: int = 200) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:200]
    verdict = verdict_on(user, "contact_edit", contact)
    context = {
        "contact": contact,
        "typed": typed,
        "rows": found(user, typed, "contact_edit") if typed else [],
        "refusal": refusal or ("" if verdict.ok else verdict.reason),
        "may": verdict.ok,
        "back": reverse("contact_list"),
    }
    return render(request, "ui/companies/join.html", context, status=status)
