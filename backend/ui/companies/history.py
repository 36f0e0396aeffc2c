"""Lines of the history, ready for components/timeline_item.html."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from common import phones
from common.text import duration
from common.timeline import Item
from companies.models import CompanyNote
from phonebridge.enums import CallStatus, Direction, Origin
from phonebridge.selectors import call_box
from phonebridge.timeline import CallLine
from ui.callrows import icon_of
from ui.times import when


@dataclass(frozen=True, slots=True)
class HistoryLine:
    key: str
    title: str
    about: str
    text: str
    meta: str
    time: str
    at: str
    icon: str
    tone: str
    is_live: bool


def day_lines(items: list[Item], viewer: User, now: datetime) -> list[HistoryLine]:
    return [_line(item, viewer, now) for item in items]


def _line(item: Item, viewer: User, now: datetime) -> HistoryLine:
    if isinstance(item.row, CallLine):
        return _call(item, item.row, viewer, now)
    assert isinstance(item.row, CompanyNote)  # noqa: S101 (desk/timeline.py has these two sources)
    return _note(item, item.row, viewer, now)


def _call(item: Item, line: CallLine, viewer: User, now: datetime) -> HistoryLine:
    call = line.call
    box = call_box(call, viewer, now)
    is_incoming = call.direction == Direction.INCOMING or call.origin == Origin.INCOMING
    title = box.title
    if call.call_status == CallStatus.CONNECTED:
        title = f"Разговор {duration(call.call_duration_seconds)}"
    elif call.call_status == CallStatus.MISSED and is_incoming:
        title = "Пропущенный входящий"
    if line.has_page:
        title = format_html(
            '<a class="hover:underline" href="{}">{}</a>', reverse("call_detail", args=[call.pk]), title
        )
    number = phones.national(call.phone_e164, call.phone_ext) or call.phone_raw
    shown = format_html('<span class="tel">{}</span>', number)
    about = format_html("{} · {}", call.contact_name, shown) if call.contact_name else shown
    return HistoryLine(
        key=f"call-{call.pk}",
        title=title,
        about=about,
        text=line.note,
        meta=call.user.label,
        time="сейчас" if box.is_open else when(item.moment, viewer.day_zone, now),
        at=item.moment.isoformat(),
        icon=icon_of(call),
        tone=box.tone,
        is_live=box.is_open,
    )


def _note(item: Item, note: CompanyNote, viewer: User, now: datetime) -> HistoryLine:
    parts = [
        note.author.label if note.author else "автор удалён",
        note.contact.full_name if note.contact else "",
        "закреплено" if note.is_pinned else "",
        "изменено" if note.edited_at else "",
    ]
    return HistoryLine(
        key=f"note-{note.pk}",
        title="",
        about="",
        text=note.text,
        meta=" · ".join(part for part in parts if part),
        time=when(item.moment, viewer.day_zone, now),
        at=item.moment.isoformat(),
        icon="pin" if note.is_pinned else "sticky-note",
        tone="warning" if note.is_pinned else "neutral",
        is_live=False,
    )
