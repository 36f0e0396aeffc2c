"""Lines of the history: calls and changes for components/timeline_item.html, notes for ui/companies/note.html."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from common import phones
from common.text import duration
from common.timeline import Item
from companies.changes import ChangeLine
from companies.models import CompanyNote
from companies.notes import mentions
from phonebridge.enums import CallStatus, Direction, Origin
from phonebridge.selectors import call_box
from phonebridge.timeline import CallLine
from ui.callrows import icon_of
from ui.companies.noterows import NoteLine, note_line
from ui.times import when


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`note` stands for all the rest where the line is a note."""

    key: str
    title: str = ""
    about: str = ""
    text: str = ""
    meta: str = ""
    time: str = ""
    at: str = ""
    icon: str = ""
    tone: str = "neutral"
    is_live: bool = False
    note: NoteLine | None = None


def day_lines(items: list[Item], viewer: User, now: datetime) -> list[HistoryLine]:
    """One query for the names of all people that the notes mention."""
    texts = [item.row.text for item in items if isinstance(item.row, CompanyNote)]
    names = mentions.names_of(pk for text in texts for pk in mentions.ids_in(text))
    return [_line(item, viewer, now, names) for item in items]


def _line(item: Item, viewer: User, now: datetime, names: Mapping[int, str]) -> HistoryLine:
    row = item.row
    if isinstance(row, CallLine):
        return _call(item, row, viewer, now)
    if isinstance(row, CompanyNote):
        return HistoryLine(key=f"note-{row.pk}", note=note_line(row, viewer, now, names))
    assert isinstance(row, ChangeLine)  # noqa: S101 (desk/timeline.py has these sources)
    return _change(item, row, viewer, now)


def _change(item: Item, line: ChangeLine, viewer: User, now: datetime) -> HistoryLine:
    arrow = '{}: <span class="muted">{}</span> → {}'
    parts: SafeString = format_html_join(", ", arrow, ((p.label, p.old, p.new) for p in line.parts))
    text = parts if line.parts else format_html("{}", line.words)
    meta = " · ".join(part for part in (line.by, line.source) if part)
    is_birth = item.id == "0"
    return HistoryLine(
        key=f"change-{item.id}",
        text=format_html("{}: {}", line.about, text) if line.about else text,
        meta=meta,
        time=when(item.moment, viewer.day_zone, now),
        at=item.moment.isoformat(),
        icon="plus" if is_birth else "arrow-right-left",
    )


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
        meta=" · ".join(part for part in (line.outcome, call.user.label) if part),
        time="сейчас" if box.is_open else when(item.moment, viewer.day_zone, now),
        at=item.moment.isoformat(),
        icon=icon_of(call),
        tone=box.tone,
        is_live=box.is_open,
    )
