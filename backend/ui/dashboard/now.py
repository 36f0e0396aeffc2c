"""Who is on a call now, and whose phone can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from phonebridge.models import CallRequest
from phonebridge.selectors import Presence, call_box, presence_of, visible_calls
from ui.callers import callers
from ui.callrows import visible_company_ids

MOST = 12
READ = 300


@dataclass(frozen=True, slots=True)
class PersonNow:
    """`phase` is the state of the person's open call, '' when there is none."""

    id: int
    name: str
    initials: str
    presence: Presence
    phase: str = ""
    tone: str = ""
    about: str = ""
    call_url: str = ""
    company_url: str = ""
    timer_from: str = ""


def people_now(viewer: User, now: datetime) -> tuple[list[PersonNow], int]:
    """Talking first, then reachable phones, then the rest; and how many are not shown."""
    listed = list(callers(viewer)[:READ])
    calls = {call.user_id: call for call in visible_calls(viewer).filter(closed_at__isnull=True)[:READ]}
    live = {pk: call for pk, call in calls.items() if call_box(call, viewer, now).is_open}
    presence = presence_of(person.pk for person in listed)
    open_ids = visible_company_ids(viewer, live.values())
    listed.sort(key=lambda p: (p.pk not in live, not presence[p.pk].is_live, presence[p.pk].state == "none"))
    shown = [_person(p, presence[p.pk], live.get(p.pk), viewer, now, open_ids) for p in listed[:MOST]]
    return shown, max(len(listed) - MOST, 0)


def _person(
    person: User, presence: Presence, call: CallRequest | None, viewer: User, now: datetime, open_ids: set[int]
) -> PersonNow:
    if call is None:
        return PersonNow(person.pk, person.label, person.initials, presence)
    box = call_box(call, viewer, now)
    return PersonNow(
        person.pk,
        person.label,
        person.initials,
        presence,
        phase=box.title,
        tone=box.tone,
        about=call.company_name or box.phone,
        call_url=reverse("call_detail", args=[call.pk]),
        company_url=reverse("company_detail", args=[call.company_id]) if call.company_id in open_ids else "",
        timer_from=box.timer_from,
    )
