"""«Перезвонить»: missed calls that wait for an answer, and what became of the others; by rights, live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.workdays import Hours, hours_of_all
from audit.models import Source
from common import phones
from common.errors import DomainError
from common.text import plural
from companies import access
from phonebridge.matching import FOREIGN
from phonebridge.models import CallBack, CallBackState, CloseReason
from phonebridge.selectors import callbacks as found
from phonebridge.services.callback_acts import drop
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.dialogs import INVALID, done, show_form
from ui.forms import StyledForm
from ui.mycall import my_boxes
from ui.pages import page_size, remember_size
from ui.times import long_duration, number, percent, when

FIELDS = "ui/dialogs/fields.html"
REPORT_DAYS = 30
TONES = {
    CallBackState.CALLED_BACK: "success",
    CallBackState.CLIENT_AGAIN: "info",
    CallBackState.CLOSED: "neutral",
    CallBackState.EXPIRED: "danger",
}


class DropForm(StyledForm):
    reason = forms.ChoiceField(
        label="Причина",
        choices=[("", "Выберите"), *CloseReason.choices],
        error_messages={"required": "Выберите причину.", "invalid_choice": "Выберите причину из списка."},
    )


@dataclass(frozen=True, slots=True)
class CallBackRow:
    """Input of ui/calls/callback.html; texts are ready to show. `wait` is working time, `tone` its colour."""

    id: int
    key: str
    name: str
    url: str
    contact: str
    phone: str
    dial: str
    company: int | None
    contact_id: int | None
    missed: str
    last: str
    at: str
    wait: str
    tone: str
    state: str
    note: str
    assignee: str
    initials: str
    is_open: bool
    new_url: str


def _rows(request: HttpRequest) -> dict[str, Any]:
    user, now = actor(request), timezone.now()
    is_over = request.GET.get("show") == "over"
    rows = found.visible_callbacks(user).filter(closed_at__isnull=not is_over)
    if is_over:
        rows = rows.order_by("-closed_at", "-pk")
    size = page_size(request)
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    hours = hours_of_all({row.branch_id: row.branch for row in listed if row.branch is not None}.values())
    dialling = found.dialled_by(listed)
    return {
        "rows": [_row(row, user, now, hours[row.branch_id], dialling.get(row.number_key, "")) for row in listed],
        "is_over": is_over,
        "page": page,
        "size": size,
        "total": number(page.paginator.count),
    }


def _row(row: CallBack, viewer: User, now: datetime, hours: Hours, dialling: str) -> CallBackRow:
    name, url, contact = _who(row, viewer)
    minutes = found.waited_min(row, hours, now)
    phone = phones.national(row.phone_e164, row.phone_ext) or row.phone_raw
    times = row.missed_count
    is_new = row.company_id is None and row.contact_id is None and bool(row.phone_e164)
    return CallBackRow(
        id=row.pk,
        key=f"callback-{row.pk}",
        name=name,
        url=url,
        contact=contact,
        phone=phone,
        dial=f"{row.phone_e164},{row.phone_ext}" if row.phone_e164 and row.phone_ext else row.phone_e164,
        company=row.company_id if url else None,
        contact_id=row.contact_id if url and row.contact_id else None,
        missed=f"{times} {plural(times, 'раз', 'раза', 'раз')}" if times else "передан коллегой",
        last=when(row.last_missed_at, viewer.day_zone, now),
        at=row.last_missed_at.isoformat(),
        wait=_wait(minutes, is_open=hours.is_open(now)),
        tone=found.age(minutes) if row.is_open else TONES[CallBackState(row.state)],
        state=str(CallBackState(row.state).label),
        note=_note(row, dialling),
        assignee=row.assignee.label,
        initials=row.assignee.initials,
        is_open=row.is_open,
        new_url=f"{reverse('company_new')}?{urlencode({'phone': row.phone_e164})}" if is_new else "",
    )


def _wait(minutes: int, *, is_open: bool) -> str:
    if minutes:
        return long_duration(minutes * 60)
    return "меньше минуты" if is_open else "нерабочее время"


def _who(row: CallBack, viewer: User) -> tuple[str, str, str]:
    """Name, address and person of the card, as far as the viewer may see it."""
    contact = row.contact.full_name if row.contact else ""
    if row.company is not None:
        if not access.can(viewer, "view", row.company).ok:
            return FOREIGN, "", ""
        return row.company.name, reverse("company_detail", args=[row.company.pk]), contact
    if row.contact is not None:
        return (contact, "", "") if access.can_contact(viewer, "view", row.contact).ok else (FOREIGN, "", "")
    return "Нет в базе", "", ""


def _note(row: CallBack, dialling: str) -> str:
    """What has been done: attempts, who dials now, who called back, why it was closed."""
    said = []
    if row.is_open and dialling:
        said.append(f"{dialling} набирает")
    if row.attempts:
        said.append(f"{row.attempts} {plural(row.attempts, 'попытка', 'попытки', 'попыток')}")
    if row.state == CallBackState.CALLED_BACK and row.closing_call is not None:
        said.append(f"дозвонился сотрудник: {row.closing_call.user.label}")
    if row.state == CallBackState.CLOSED and row.drop_reason:
        by = f", {row.dropped_by.label}" if row.dropped_by else ""
        said.append(f"{CloseReason(row.drop_reason).label.lower()}{by}")
    return " · ".join(said)


def _tiles(user: User, now: datetime) -> list[dict[str, str]]:
    """How fast people were in the last month."""
    rows = found.visible_callbacks(user).filter(first_missed_at__gte=now - timedelta(days=REPORT_DAYS))
    speed = found.speed(rows, now)
    parts = (
        ("В срок", speed.in_time),
        ("Позже", speed.later),
        ("Никогда", speed.never),
        ("Клиент сам", speed.by_client),
    )
    return [
        {
            "label": label,
            "value": number(count),
            "note": percent(100 * count / speed.total if speed.total else 0, is_known=bool(speed.total)),
        }
        for label, count in parts
    ]


@login_required
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    user, now = actor(request), timezone.now()
    context = _rows(request) | {
        "tabs": [
            {"label": "Ждут звонка", "url": "?", "is_on": request.GET.get("show") != "over"},
            {"label": "Завершённые", "url": "?show=over", "is_on": request.GET.get("show") == "over"},
        ],
        "tiles": _tiles(user, now),
        "days": REPORT_DAYS,
        "boxes": my_boxes(user, now),
        "topics": " ".join(live_topics(user)),
        "url_query": request.GET.urlencode(),
    }
    return remember_size(request, render(request, "ui/calls/callbacks.html", context))


@login_required
@require_GET
def show_rows(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/calls/callbacks.html#rows", _rows(request))


@login_required
@require_GET
def show_count(request: HttpRequest) -> HttpResponse:
    """The number beside the link in the menu, or nothing."""
    count = found.open_callbacks(actor(request)).count()
    return HttpResponse(str(count) if count else "", content_type="text/plain; charset=utf-8")


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Not every caller needs an answer: say why."""
    user = actor(request)
    row = found.get_visible_callback(user, pk)
    if row is None:
        raise Http404
    back = reverse("callback_list")
    name = _who(row, user)[0]
    phone = phones.national(row.phone_e164, row.phone_ext) or row.phone_raw
    context = {"title": "Не перезванивать", "back": back, "button": "Закрыть", "text": f"{name}, {phone}"}
    form = DropForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, FIELDS, {**context, "form": form}, INVALID if form.is_bound else 200)
    try:
        drop(actor=user, row=row, reason=form.cleaned_data["reason"], source=Source.UI)
    except DomainError as refusal:
        form.add_error("reason", refusal.detail)
        return show_form(request, FIELDS, {**context, "form": form}, INVALID)
    return done(request, back, "Закрыто без звонка.")
