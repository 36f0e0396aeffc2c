"""Calls as lists show them: one line, the same words as the call box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from common import phones
from common.text import duration
from companies.models import Company
from phonebridge.enums import CallStatus, Direction, Origin
from phonebridge.matching import names_for
from phonebridge.models import CallRequest
from phonebridge.selectors import call_box
from ui.aftercard import Said, said_of
from ui.times import when


@dataclass(frozen=True, slots=True)
class CallRow:
    """Input of ui/calls/row.html; texts are ready to show."""

    id: str
    url: str
    key: str
    person: str
    initials: str
    company: str
    company_url: str
    contact: str
    phone: str
    title: str
    tone: str
    icon: str
    is_open: bool
    timer_from: str
    talk: str
    time: str
    at: str
    is_cold: bool
    said: Said


def icon_of(call: CallRequest) -> str:
    """The symbol of a call: which way it went and whether it got through."""
    if call.direction == Direction.INCOMING or call.origin == Origin.INCOMING:
        return "phone-incoming" if call.call_status == CallStatus.CONNECTED else "phone-missed"
    if call.is_open:
        return "phone-call"
    return "phone-outgoing" if call.call_status == CallStatus.CONNECTED else "phone-off"


def visible_company_ids(viewer: User, calls: Iterable[CallRequest]) -> set[int]:
    """Which of the calls' companies the viewer may open; one query."""
    ids = {call.company_id for call in calls if call.company_id is not None}
    return set(Company.objects.visible_to(viewer).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def call_rows(calls: list[CallRequest], viewer: User, now: datetime) -> list[CallRow]:
    """Rows of calls that `viewer` may see."""
    open_ids = visible_company_ids(viewer, calls)
    return [_row(call, viewer, now, open_ids) for call in calls]


def _row(call: CallRequest, viewer: User, now: datetime, open_ids: set[int]) -> CallRow:
    box = call_box(call, viewer, now)
    names = names_for(viewer, call)
    # a phone may tell of a call long after it was
    moment = call.created_at if call.origin == Origin.CLICK else call.counted_at or call.created_at
    title = "Дозвон" if call.call_status == CallStatus.CONNECTED else box.title
    return CallRow(
        id=str(call.pk),
        url=reverse("call_detail", args=[call.pk]),
        key=f"call-{call.pk}",
        person=call.user.label,
        initials=call.user.initials,
        company=names.company_words,
        company_url=reverse("company_detail", args=[call.company_id]) if call.company_id in open_ids else "",
        contact=names.contact,
        phone=phones.national(call.phone_e164, call.phone_ext) or call.phone_raw or "номер скрыт",
        title=title,
        tone=box.tone,
        icon=icon_of(call),
        is_open=box.is_open,
        timer_from=box.timer_from,
        talk=duration(call.call_duration_seconds or None),
        time=when(moment, viewer.day_zone, now),
        at=moment.isoformat(),
        is_cold=call.is_cold_call,
        said=said_of(call, viewer, now),
    )
