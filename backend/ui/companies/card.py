"""The card of a company and the regions of it that redraw themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from common.timeline import Cursor
from companies import access
from companies import timeline as notes
from companies.merging import resolve
from companies.models import Company
from companies.search.recent import remember
from companies.selectors import CompanyCard, company_card
from companies.selectors.bin import bin_people
from companies.selectors.card import visible_company
from companies.selectors.family import family
from companies.selectors.stops import stop_of
from desk.steps import next_steps
from desk.timeline import SOURCES, counts, timeline
from notifications.viewers import viewers_of
from phonebridge.selectors import presence_of
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.companies.actmenu import make_acts
from ui.companies.facts import contract_badge, is_warm, make_facts
from ui.companies.history import day_lines
from ui.companies.noterows import pinned_lines
from ui.companies.notes import composer
from ui.mycall import card_boxes, my_call
from ui.times import when

SHOWS = (("", "Всё"), ("call", "Звонки"), ("note", "Заметки"), ("change", "Изменения"))


def _card_or_404(user: User, pk: int) -> CompanyCard:
    card = company_card(user, pk)
    if card is None:
        raise Http404
    return card


def _company_or_404(user: User, pk: int) -> Company:
    company = visible_company(user, pk)
    if company is None:
        raise Http404
    return company


def _live(user: User, card: CompanyCard) -> dict[str, Any]:
    """The left column that changes while people call."""
    now = timezone.now()
    own = my_call(user)
    return {
        "card": card,
        "company": card.company,
        "stop": stop_of(card.company),
        "boxes": card_boxes(user, card.company, now),
        "presence": presence_of([user.pk])[user.pk],
        "viewer_id": user.pk,
        "calling": own.phone_e164 if own else "",
        "may_edit_phones": access.can(user, "phone_edit", card.company).ok,
    }


def _history(request: HttpRequest, user: User, company_id: int) -> dict[str, Any]:
    show = request.GET.get("show", "")
    kind = show if show in SOURCES else ""
    before = Cursor.read(request.GET.get("before", ""))
    page = timeline([company_id], user, kind=kind, before=before)
    numbers, now = counts([company_id]), timezone.now()
    has_pins = before is None and kind in {"", notes.KIND}
    return {
        "lines": day_lines(page.items, user, now),
        "pinned": pinned_lines(notes.pinned_notes(company_id), user, now) if has_pins else [],
        "next": str(page.next) if page.next else "",
        "before": str(before) if before else "",
        "show": kind,
        "history_query": request.GET.urlencode(),
        "chips": [
            {"label": label, "url": f"?show={key}" if key else "?", "is_on": key == kind, "count": numbers.get(key)}
            for key, label in SHOWS
        ],
    }


def _moved(user: User, pk: int) -> HttpResponse:
    """A card that went into another one leads on for whoever sees that one; not for ever, because of undo."""
    onward = resolve(pk)
    if onward is None or visible_company(user, onward) is None:
        raise Http404
    url = reverse("company_detail", args=[onward])
    return HttpResponseRedirect(url, headers={"Cache-Control": "no-store"})


@login_required
@require_GET
def show_card(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    card = company_card(user, pk)
    if card is None:
        return _moved(user, pk)
    remember(user, pk)
    now = timezone.now()
    context = {
        **_live(user, card),
        **_history(request, user, pk),
        **_about(user, card, now),
        **_pills(card.company, now),
        **_people(user, card),
        **_next(user, card.company, now),
        **_viewers(user, pk),
        "acts": make_acts(user, card.company),
        **composer(pk),
        "note_people": [(line.contact.pk, line.contact.full_name) for line in card.contacts],
        "topics": " ".join([f"company.{pk}", *live_topics(user)]),
    }
    return render(request, "ui/companies/card.html", context)


@login_required
@require_GET
def show_live(request: HttpRequest, pk: int) -> HttpResponse:
    """Call boxes and numbers alone."""
    user = actor(request)
    return render(request, "ui/companies/live.html", _live(user, _card_or_404(user, pk)))


def _about(user: User, card: CompanyCard, now: datetime) -> dict[str, Any]:
    """The facts."""
    may_change = access.can(user, "change", card.company).ok
    may_set_branch = may_change and access.may_set_branch(user)
    around = family(user, card.company)
    facts = make_facts(card, now, around=around, may_change=may_change, may_set_branch=may_set_branch)
    return {
        "card": card,
        "company": card.company,
        "facts": facts,
        "family": around,
        "may_change": may_change,
    }


def _pills(company: Company, now: datetime) -> dict[str, Any]:
    badge, badge_tone = contract_badge(company, now)
    return {"company": company, "badge": badge, "badge_tone": badge_tone, "is_warm": is_warm(company)}


def _people(user: User, card: CompanyCard) -> dict[str, Any]:
    may_edit = access.can(user, "contact_edit", card.company).ok
    gone = bin_people(card.company).count() if may_edit else 0
    return {"card": card, "company": card.company, "may_edit_people": may_edit, "deleted_people": gone}


@login_required
@require_GET
def show_facts(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts alone."""
    user = actor(request)
    return render(request, "ui/companies/facts.html", _about(user, _card_or_404(user, pk), timezone.now()))


@login_required
@require_GET
def show_pills(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands beside the name alone."""
    company = _company_or_404(actor(request), pk)
    return render(request, "ui/companies/card.html#pills", _pills(company, timezone.now()))


@login_required
@require_GET
def show_acts(request: HttpRequest, pk: int) -> HttpResponse:
    """The menu of the card alone."""
    user = actor(request)
    return render(request, "ui/companies/card.html#menu", {"acts": make_acts(user, _company_or_404(user, pk))})


@login_required
@require_GET
def show_people(request: HttpRequest, pk: int) -> HttpResponse:
    """The people alone."""
    user = actor(request)
    return render(request, "ui/companies/people.html", _people(user, _card_or_404(user, pk)))


@login_required
@require_GET
def show_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines of the history alone."""
    user = actor(request)
    _company_or_404(user, pk)
    return render(request, "ui/companies/history.html", _history(request, user, pk))


def _next(user: User, company: Company, now: datetime) -> dict[str, Any]:
    steps = [(step, when(step.at, user.day_zone, now) if step.at else "") for step in next_steps(company, user, now)]
    return {"company": company, "steps": steps}


def _viewers(user: User, company_id: int) -> dict[str, Any]:
    """Colleagues who have the card open, without the one who asks."""
    ids = viewers_of(f"company.{company_id}") - {user.pk}
    people = User.objects.filter(pk__in=ids, is_active=True).order_by("last_name", "pk") if ids else []
    return {"people": people}


@login_required
@require_GET
def show_next(request: HttpRequest, pk: int) -> HttpResponse:
    """The next steps alone."""
    user = actor(request)
    context = _next(user, _company_or_404(user, pk), timezone.now())
    return render(request, "ui/companies/next.html", context)


@login_required
@require_GET
def show_viewers(request: HttpRequest, pk: int) -> HttpResponse:
    """Who looks at the card, alone."""
    user = actor(request)
    _company_or_404(user, pk)
    return render(request, "ui/companies/viewers.html", _viewers(user, pk))
