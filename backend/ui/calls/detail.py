"""One call: every moment, every report, and why it ended as it did."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from common.clock import local_day
from common.text import duration
from phonebridge.enums import ActionSource, Delivery, Direction, Origin, ResolveMethod, Teller
from phonebridge.matching import FOREIGN, names_for
from phonebridge.models import CallReject, CallReport, CallRequest
from phonebridge.selectors import after as cards
from phonebridge.selectors import call_box, get_visible_call
from phonebridge.watching import live_topics
from ui.actor import actor
from ui.callrows import call_rows
from ui.calls.incoming import whose
from ui.facts import Fact
from ui.times import full, percent

SHARE_OF = timedelta(days=29)
MOMENTS = (
    ("Команда создана", "created_at"),
    ("Предложена телефону", "offered_at"),
    ("Телефон получил", "received_at"),
    ("Телефону разрешено набрать", "claimed_at"),
    ("Набор", "dialing_at"),
    ("Разговор", "talking_at"),
    ("Телефон положил трубку", "ended_at"),
    ("Попросили отменить", "cancel_requested_at"),
    ("Результат принят", "result_at"),
    ("Закрыт", "closed_at"),
)

# a call that nobody clicked is told when it is over
TOLD = (("Звонок", "call_started_at"), ("Окончен", "call_ended_at"), ("Телефон сообщил", "result_at"))


@dataclass(frozen=True, slots=True)
class MomentRow:
    label: str
    time: str
    after: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it came; `body` only for administrators."""

    time: str
    transport: str
    is_applied: bool
    flags: str
    body: str


def _after(start: datetime, moment: datetime) -> str:
    ms = round((moment - start).total_seconds() * 1000)
    if abs(ms) < 10_000:
        return f"+{ms} мс" if ms >= 0 else f"−{-ms} мс"
    return f"+{duration(ms // 1000)}" if ms >= 0 else f"−{duration(-ms // 1000)}"


def _moments(call: CallRequest, zone: str) -> list[MomentRow]:
    reached: list[tuple[datetime, int, str]] = []
    for order, (label, column) in enumerate(MOMENTS if call.origin == Origin.CLICK else TOLD):
        moment: datetime | None = getattr(call, column)
        if moment is not None:
            reached.append((moment, order, label))
    reached.sort()
    return [
        MomentRow(label, full(moment, zone), _after(reached[0][0], moment) if number else "")
        for number, (moment, _, label) in enumerate(reached)
    ]


def _facts(call: CallRequest, viewer: User, company_url: str) -> list[Fact]:
    zone, names = viewer.day_zone, names_for(viewer, call)
    return [
        Fact("Кто звонит", call.user.label),
        Fact("Филиал", call.branch.name if call.branch else "Без филиала"),
        Fact("Компания", FOREIGN if names.is_foreign else names.company, href=company_url),
        Fact("Контакт", names.contact),
        Fact("Происхождение", str(call.get_origin_display())),
        Fact(
            "Команда",
            str(call.get_status_display()) if call.origin == Origin.CLICK else "",
            sub=str(call.get_reason_display()) if call.reason else "",
        ),
        Fact("Телефон", str(call.device) if call.device else ""),
        Fact("Доставка", str(Delivery(call.delivery).label) if call.delivery else ""),
        Fact("Направление", str(Direction(call.direction).label) if call.direction else ""),
        Fact("Начало", full(call.call_started_at, zone) if call.call_started_at else ""),
        Fact("Разговор", duration(call.call_duration_seconds) if call.call_duration_seconds is not None else ""),
        Fact("Способ определения", str(ResolveMethod(call.resolve_method).label) if call.resolve_method else ""),
        Fact("Попыток", str(call.attempts_count) if call.attempts_count is not None else ""),
        Fact("Откуда набран", str(ActionSource(call.action_source).label) if call.action_source else ""),
        Fact("Холодный", "да" if call.is_cold_call else "нет"),
        Fact("Пометки", ", ".join(str(flag) for flag in call.flags)),
    ]


def _reports(call: CallRequest, viewer: User) -> list[ReportRow]:
    rows = CallReport.objects.filter(call=call).order_by("received_at", "pk")[:100]
    return [
        ReportRow(
            time=full(row.received_at, viewer.day_zone),
            transport=str(Teller(row.transport).label) if row.transport in Teller.values else row.transport,
            is_applied=row.is_applied,
            flags=", ".join(str(flag) for flag in row.flags),
            body=json.dumps(row.body, ensure_ascii=False, indent=2) if viewer.is_admin else "",
        )
        for row in rows
    ]


def _call_or_404(user: User, pk: uuid.UUID) -> CallRequest:
    call = get_visible_call(user, pk)
    if call is None:
        raise Http404
    return call


def _share(call: CallRequest, viewer: User, now: datetime) -> str:
    """How many outcomes this person has filled lately, for those who look after others."""
    if call.user_id == viewer.pk:
        return ""
    today = local_day(now, viewer.day_zone)
    found = cards.filled_share(viewer, today - SHARE_OF, today, where=Q(user=call.user_id))
    share = found.get(call.user_id, cards.NO_CARDS)
    if share.percent is None:
        return ""
    return f"Заполнено {share.done} из {share.total} за 30 дней: {percent(float(share.percent))}"


def _context(user: User, call: CallRequest) -> dict[str, Any]:
    now = timezone.now()
    row = call_rows([call], user, now)[0]
    box = call_box(call, user, now)
    rejects = CallReject.objects.filter(call=call).select_related("device").order_by("at")
    return {
        "call": call,
        "row": row,
        "box": box,
        "why": box.hint,
        "whose": whose(call, user),
        "facts": _facts(call, user, row.company_url),
        "moments": _moments(call, user.day_zone),
        "reports": _reports(call, user),
        "after": cards.card_of(call),
        "said": row.said,
        "share": _share(call, user, now),
        "rejects": [f"{reject.device}: {reject.get_reason_display()}" for reject in rejects],
    }


@login_required
@require_GET
def show_call(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = actor(request)
    context = _context(user, _call_or_404(user, pk)) | {"topics": " ".join(live_topics(user))}
    return render(request, "ui/calls/detail.html", context)


@login_required
@require_GET
def show_moments(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that changes while the call goes on."""
    user = actor(request)
    return render(request, "ui/calls/moments.html", _context(user, _call_or_404(user, pk)))


@login_required
@require_GET
def show_box(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The box alone."""
    user = actor(request)
    box = call_box(_call_or_404(user, pk), user, timezone.now())
    return render(request, "ui/components/call_box.html", {"box": box})
