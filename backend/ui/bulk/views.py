"""Work over many companies: from ticked rows or a filter through one dialog to the page of the job."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import DomainError
from common.text import plural
from companies.bulk.services import Chosen, CountChanged, count_chosen, start_bulk
from companies.exporting.quota import left_today
from companies.exporting.services import start_export
from jobs.models import Job
from ui.actor import actor
from ui.bulk.forms import FORMS, BulkForm, read_chosen
from ui.dialogs import CLASH, INVALID, done, show_form
from ui.times import number

FIELDS, WORDS = "ui/dialogs/fields.html", "ui/dialogs/words.html"
REST = "Компании, которые вам нельзя менять, останутся как есть: причина будет в результате."


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The dialog of an action; confirmed, it starts the job."""
    user = actor(request)
    data = request.POST if request.method == "POST" else request.GET
    form_type = FORMS.get(data.get("action", ""))
    if form_type is None:
        raise Http404
    chosen = read_chosen(data)
    context: dict[str, Any] = {
        "title": form_type.title,
        "button": form_type.button,
        "kind": form_type.kind,
        "back": _back(chosen),
        "action": reverse("company-bulk"),
    }
    try:
        count = count_chosen(user=user, chosen=chosen, verb="export" if data["action"] == "export" else "view")
    except DomainError as refusal:
        words = {**context, "refusal": refusal.detail, "is_reading": True}
        return show_form(request, WORDS, words, INVALID)
    context["text"] = _about(user, count, chosen, data["action"])
    if request.method != "POST" or "is_confirmed" not in request.POST:
        return show_form(request, FIELDS, {**context, "form": form_type(user, initial=_kept(data, chosen, count))})
    return _confirmed(request, user, form_type(user, data, initial={"query": chosen.query}), chosen, context)


def _confirmed(
    request: HttpRequest, user: User, form: BulkForm, chosen: Chosen, context: dict[str, Any]
) -> HttpResponse:
    if not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    try:
        job = _start(user, form, chosen)
    except CountChanged as changed:
        form.data = QueryDict(request.POST.urlencode(), mutable=True)
        form.data["count"] = str(changed.extra["count"])
        form.add_error(None, changed.detail)
        return show_form(request, FIELDS, {**context, "form": form}, CLASH)
    except DomainError as refusal:
        form.refuse(refusal)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, reverse("job_detail", args=[job.pk]), "Работа запущена.", leaves=True)


def _start(user: User, form: BulkForm, chosen: Chosen) -> Job:
    action, params = form.order()
    if action == "export":
        return start_export(actor=user, selection=chosen, kind=params["format"], columns=params["columns"])
    return start_bulk(actor=user, action=action, params=params, chosen=chosen)


def _kept(data: Any, chosen: Chosen, count: int) -> dict[str, Any]:
    """The selection goes along; what the person has now been shown is the present number."""
    ids = ",".join(map(str, chosen.ids))
    return {"action": data["action"], "ids": ids, "query": chosen.query, "count": count, "is_confirmed": True}


def _back(chosen: Chosen) -> str:
    url = reverse("company_list")
    return f"{url}?{chosen.query}" if chosen.query else url


def _about(user: User, count: int, chosen: Chosen, action: str) -> str:
    words = f"{number(count)} {plural(count, 'компания', 'компании', 'компаний')}."
    if action != "export":
        return f"{words} {REST}"
    seen = count_chosen(user=user, chosen=chosen)
    if seen > count:
        words = f"{words[:-1]} из {number(seen)}: остальные вам выгружать нельзя."
    left = left_today(user, timezone.now())
    return words if left is None else f"{words} Сегодня можно выгрузить ещё {number(left)}."
