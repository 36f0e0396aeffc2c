"""A new card, the whole card as a form, and single facts of it in a dialog."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from audit.models import Source
from common import phones as phone_rules
from common.errors import DomainError
from common.ids import parse_uuid
from companies import access
from companies.duplicates import HIDDEN, Draft
from companies.edits.create import PossibleDuplicates, may_own, new_company
from companies.edits.fields import Clash, Edit, change_company
from companies.edits.numbers import Line
from companies.edits.transfer import targets
from companies.edits.values import COMPANY
from companies.hints import hint
from companies.models import Company, LeadState
from companies.selectors.card import visible_company
from phonebridge.selectors import get_visible_call
from phonebridge.services.incoming import pick_card
from ui.actor import actor
from ui.companies.forms import GROUPS, TOGETHER, RecordForm
from ui.dialogs import CLASH, INVALID, done, show_form
from ui.times import when

FIELDS = "ui/dialogs/fields.html"
NEW = tuple(name for _, names in GROUPS[:3] for name in names if name not in {"bank_details", "workday_start"})


def company_or_404(user: User, pk: int) -> Company:
    company = visible_company(user, pk)
    if company is None:
        raise Http404
    return company


def clash_notes(clash: Clash, user: User) -> list[dict[str, str]]:
    """What a colleague has written meanwhile, beside each field."""
    now = timezone.now()
    return [
        {"field": their.field, "shown": their.shown, "by": their.by, "time": when(their.at, user.day_zone, now)}
        for their in clash.theirs.values()
    ]


def redrawn(said: QueryDict, clash: Clash) -> QueryDict:
    """What was typed, on the present version: what the person left alone shows what a colleague has written."""
    again = said.copy()
    again["version"] = str(clash.version)
    for their in clash.others:
        if their.field in again or isinstance(their.value, list):
            values = their.value if isinstance(their.value, list) else [their.value]
            again.setlist(their.field, ["" if value is None else str(value) for value in values])
    return again


@login_required
@require_http_methods(["GET", "POST"])
def edit_company(request: HttpRequest, pk: int) -> HttpResponse:
    """All fields at once."""
    user = actor(request)
    company = company_or_404(user, pk)
    names = [name for _, group in GROUPS for name in group if name != "branch" or access.may_set_branch(user)]
    return _edit(request, user, company, names, f"Изменить: {company.name}")


@login_required
@require_http_methods(["GET", "POST"])
def edit_field(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One fact, with those that are true only together with it."""
    user = actor(request)
    company = company_or_404(user, pk)
    if name not in COMPANY or name == "responsible" or (name == "branch" and not access.may_set_branch(user)):
        raise Http404
    return _edit(request, user, company, TOGETHER.get(name, (name,)), COMPANY[name].label)


def _edit(request: HttpRequest, user: User, company: Company, names: Any, title: str) -> HttpResponse:
    current = {name: COMPANY[name].read(company) for name in names}
    back = reverse("company_detail", args=[company.pk])
    context = {"title": title, "back": back}
    verdict = access.can(user, "change", company)
    if request.method != "POST":
        form = RecordForm(names, current, viewer=user, initial={"version": company.version})
        refusal = "" if verdict.ok else verdict.reason
        return show_form(request, FIELDS, {**context, "form": form, "refusal": refusal}, 200 if verdict.ok else 403)
    form = RecordForm(names, current, request.POST, viewer=user)
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    chosen = {name: value for name, value in form.values().items() if name not in request.POST.getlist("theirs")}
    try:
        saved = change_company(company.pk, Edit(user, chosen, base_version=form.cleaned_data["version"]))
    except Clash as clash:
        form = RecordForm(names, current, redrawn(request.POST, clash), viewer=user)
        notes = clash_notes(clash, user)
        return show_form(request, FIELDS, {**context, "form": form, "refusal": clash.detail, "clashes": notes}, CLASH)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, back, said(saved.others, saved.warnings))


def said(others: Any, warnings: tuple[str, ...] = ()) -> str:
    """«Сохранено.», and what else the person has to know."""
    words = ["Сохранено."]
    by: dict[str, list[str]] = {}
    for their in others:
        by.setdefault(their.by, []).append(their.label.lower())
    words += [f"Тем временем {who} изменил(а): {', '.join(labels)}." for who, labels in by.items()]
    return " ".join([*words, *warnings])


@login_required
@require_http_methods(["GET", "POST"])
def new_card(request: HttpRequest) -> HttpResponse:
    """A new company with its first number and address; `phone` and `call` in the URL come from a call."""
    user = actor(request)
    names = (*NEW, *GROUPS[3][1])
    context = {"title": "Новая компания", "back": reverse("company_list"), "groups": _groups(names)}
    people = [person for person in targets() if may_own(user, person)]
    extra = {"people": people, "leads": LeadState.choices, "said": request.POST, "user_id": user.pk}
    if request.method != "POST":
        given = {"phone": request.GET.get("phone", "")[: phone_rules.MAX_RAW]}
        extra |= {"said": given} if given["phone"] else {}
        return render(request, "ui/companies/new.html", {**context, **extra, "form": RecordForm(names, {})})
    form = RecordForm(names, {}, request.POST, viewer=user)
    duplicates: Any = []
    if form.is_valid():
        try:
            company = _create(user, form.values(), request, people)
            _attach_call(user, company, request)
            return HttpResponseRedirect(reverse("company_detail", args=[company.pk]))
        except PossibleDuplicates as refusal:
            duplicates = refusal.extra["duplicates"]
        except DomainError as refusal:
            form.refuse(refusal)
    shown = {**context, **extra, "form": form, "duplicates": duplicates}
    return render(request, "ui/companies/new.html", shown, status=INVALID)


def _attach_call(user: User, company: Company, request: HttpRequest) -> None:
    """The call from which the card was made stands on it, if the number is still that of the call."""
    call_id = parse_uuid(request.GET.get("call"))
    call = get_visible_call(user, call_id) if call_id else None
    if call is None:
        return
    try:
        pick_card(actor=user, call=call, company=company, source=Source.UI)
    except DomainError as refusal:
        messages.warning(request, f"Компания создана, но звонок остался без карточки. {refusal.detail}")


def _groups(names: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    found = [(title, [name for name in group if name in names]) for title, group in GROUPS]
    return [(title, group) for title, group in found if group]


def _create(user: User, values: dict[str, Any], request: HttpRequest, people: list[User]) -> Company:
    phone, email = request.POST.get("phone", "").strip(), request.POST.get("email", "").strip()
    wanted = request.POST.get("responsible", "")
    return new_company(
        actor=user,
        values=values,
        responsible=next((person for person in people if str(person.pk) == wanted), None),
        lead_state=request.POST.get("lead_state", LeadState.COLD),
        phones=(Line(phone),) if phone else (),
        emails=(Line(email),) if email else (),
        allow_duplicates=request.POST.get("allow_duplicates") == "1",
    )


@login_required
@require_GET
def show_duplicates(request: HttpRequest) -> HttpResponse:
    """Cards like the one that is being typed."""
    user, said_ = actor(request), request.GET
    number = phone_rules.normalise(said_.get("phone", "")[:300], area_code=user.area_code)
    draft = Draft(
        name=said_.get("name", "")[:300],
        legal_name=said_.get("legal_name", "")[:300],
        inn=phone_rules.only_digits(said_.get("inn", "")[:40]),
        kpp=said_.get("kpp", "").strip().upper()[:20],
        ogrn=phone_rules.only_digits(said_.get("ogrn", "")[:40]),
        website=said_.get("website", "")[:300],
        region=said_.get("region", "")[:120],
        phones=((number.e164, number.ext),) if number.e164 else (),
        emails=(said_.get("email", "").strip().casefold()[:254],) if said_.get("email") else (),
    )
    found = hint(viewer=user, draft=draft)
    context = {"rows": found.rows, "hidden": HIDDEN if found.is_hidden else ""}
    return render(request, "ui/companies/duplicates.html", context)
