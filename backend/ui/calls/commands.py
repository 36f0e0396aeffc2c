"""«Позвонить» and «Отменить»: plain forms that a script makes instant."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import User
from audit.models import Source
from common.errors import DomainError
from common.ids import parse_uuid
from companies.models import Company, Contact
from companies.models.notes import MAX_NOTE
from companies.selectors.card import visible_company
from phonebridge.selectors import CallBox, call_box, get_visible_call
from phonebridge.services.clicks import NotVisible, cancel_call, request_call
from ui.actor import actor, is_fragment

MAX_TYPED = 300
MAX_ID = 2**63 - 1


class ClickForm(forms.Form):
    phone = forms.CharField(
        max_length=MAX_TYPED,
        error_messages={"required": "Укажите номер телефона.", "max_length": "Номер слишком длинный."},
    )
    company = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    contact = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    note = forms.CharField(required=False, max_length=MAX_NOTE, strip=True)
    tab = forms.CharField(required=False)


@login_required
@require_POST
def click(request: HttpRequest) -> HttpResponse:
    """Ask the person's own phone to call. With a script the answer is the box; without one, the page again."""
    user, form = actor(request), ClickForm(request.POST)
    if not form.is_valid():
        return _refuse(request, _bad_form(form), request.POST.get("phone", "")[:64])
    said = form.cleaned_data
    try:
        company, contact = _targets(user, said["company"], said["contact"])
        done = request_call(
            actor=user,
            phone=said["phone"],
            company=company,
            contact=contact,
            note=said["note"],
            tab=said["tab"],
            source=Source.UI,
        )
    except DomainError as refusal:
        return _refuse(request, refusal, said["phone"][:64])
    if is_fragment(request):
        box = call_box(done.call, user, timezone.now())
        return render(request, "ui/components/call_box.html", {"box": box}, status=201 if done.created else 200)
    messages.success(request, "Команда отправлена на телефон." if done.created else "Этот звонок уже идёт.")
    return _back(request, company)


def _bad_form(form: ClickForm) -> DomainError:
    if "phone" in form.errors:
        return DomainError(str(form.errors["phone"][0]), code="bad_phone")
    if "note" in form.errors:
        return DomainError(f"Заметка: до {MAX_NOTE} знаков, без недопустимых.", code="bad_note")
    return NotVisible("Компания или контакт не найдены.")


def _targets(user: User, company_id: int | None, contact_id: int | None) -> tuple[Company | None, Contact | None]:
    """The card and the person of the click; missing and invisible ones are refused alike."""
    company = contact = None
    if company_id is not None:
        company = visible_company(user, company_id)
        if company is None:
            raise NotVisible("Компания не найдена.")
    if contact_id is not None:
        contact = Contact.objects.visible_to(user).select_related("company__branch").filter(pk=contact_id).first()
        if contact is None:
            raise NotVisible("Контакт не найден.")
    return company, contact


def _refuse(request: HttpRequest, refusal: DomainError, phone: str) -> HttpResponse:
    """The refusal's words where the click was: in the box, or above the page."""
    if not is_fragment(request):
        messages.error(request, refusal.detail)
        company = request.POST.get("company", "")
        user = actor(request)
        pk = int(company) if company.isascii() and company.isdigit() and len(company) < 19 else 0
        return _back(request, visible_company(user, pk) if pk else None)
    box, is_static = _refusal_box(actor(request), refusal, phone)
    context = {"box": box, "static": is_static}
    return render(request, "ui/components/call_box.html", context, status=refusal.status)


def _refusal_box(user: User, refusal: DomainError, phone: str) -> tuple[CallBox | dict[str, object], bool]:
    """The box of the call that stands in the way, else a box that only says why."""
    open_id = parse_uuid(refusal.extra.get("open_id"))
    call = get_visible_call(user, open_id) if open_id else None
    if call is not None:
        box = call_box(call, user, timezone.now())
        return {name: getattr(box, name) for name in CallBox.__slots__} | {"hint": refusal.detail}, False
    return {
        "call_id": "refused",
        "rev": 0,
        "title": "Звонок не начат",
        "tone": "danger",
        "phone": phone,
        "hint": refusal.detail,
        "steps": (),
    }, True


def _back(request: HttpRequest, company: Company | None) -> HttpResponse:
    """To the page that the form names, else to the card, else to the list of calls."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("company_detail", args=[company.pk]) if company else reverse("call_list")
    return HttpResponseRedirect(target)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take the command back and say who won."""
    user = actor(request)
    call = get_visible_call(user, pk)
    if call is None:
        raise Http404
    try:
        done = cancel_call(actor=user, call=call)
    except DomainError as refusal:
        if is_fragment(request):
            box = call_box(call, user, timezone.now())
            shown = {name: getattr(box, name) for name in CallBox.__slots__} | {"hint": refusal.detail}
            return render(request, "ui/components/call_box.html", {"box": shown}, status=refusal.status)
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(reverse("call_detail", args=[pk]))
    if is_fragment(request):
        fresh = get_visible_call(user, pk) or call
        return render(request, "ui/components/call_box.html", {"box": call_box(fresh, user, timezone.now())})
    if done.cancelled:
        messages.success(request, "Звонок отменён до набора.")
    else:
        messages.warning(request, "Отменить не успели: команда уже у телефона или звонок завершён.")
    return _back(request, call.company if call.company and visible_company(user, call.company.pk) else None)
