"""Two entries of one person."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from companies.merging.services import merge_contacts
from companies.models import CardKind, Contact
from ui.actor import actor
from ui.merging.choosing import choose

MOST = 100


def _contact_or_404(user: User, pk: int) -> Contact:
    contact = Contact.objects.visible_to(user).select_related("company").filter(pk=pk).first()
    if contact is None:
        raise Http404
    return contact


def _back(contact: Contact) -> str:
    pk = contact.company_id
    return reverse("company_detail", args=[pk]) if pk else reverse("company_list")


@login_required
@require_GET
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """The others of the same company."""
    user = actor(request)
    contact = _contact_or_404(user, pk)
    others = Contact.objects.visible_to(user).filter(company__isnull=False, company=contact.company_id)
    rows = others.exclude(pk=pk).order_by("last_name", "first_name", "pk")[:MOST]
    return render(request, "ui/merging/people.html", {"contact": contact, "rows": rows, "back": _back(contact)})


@login_required
@require_http_methods(["GET", "POST"])
def merge_with(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    user = actor(request)
    contact = _contact_or_404(user, pk)
    _contact_or_404(user, other)
    return choose(request, CardKind.CONTACT, user, (pk, other), merge_contacts, _back(contact))
