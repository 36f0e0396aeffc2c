"""What people hear of call-backs: pages look again, the bell rings for a fresh miss and once when it turns red."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.workdays import hours_of_all
from common import phones
from common.clock import db_now
from notifications.models import Kind
from notifications.services import create_notification, forget_about
from phonebridge import events
from phonebridge.models import CallBack
from phonebridge.services.callback_people import heads_of

PAGE = "/calls/callbacks/"
ENTITY = "callback"
FRESH = timedelta(hours=1)


def number_of(row: CallBack) -> str:
    """The number as people read it. The bell names nothing else: rights may change while it stands there."""
    return phones.national(row.phone_e164, row.phone_ext) or row.phone_raw


def changed(row: CallBack, now: datetime, *, was: dict[str, Any] | None) -> None:
    """Pages look again; one more miss of an open row rings, at most once in a while for a number."""
    events.callback_changed(row, formerly=was["assignee_id"] if was else None)
    more = was is None or row.missed_count > was["missed_count"]
    is_told = row.told_at is not None and now - row.told_at < settings.CALLBACK["toast"]
    if not row.is_open or not row.missed_count or not more or is_told or now - row.last_missed_at > FRESH:
        return
    told = create_notification(
        user=row.assignee,
        title=f"Пропущен звонок: {number_of(row)}",
        kind=Kind.CALL,
        url=PAGE,
        dedupe_key=f"cb:{row.pk}:{row.missed_count}",
        about=(ENTITY, row.pk),
    )
    if told is not None:
        row.told_at = now
        row.save(update_fields=["told_at"])


def handed(row: CallBack, by: User, formerly: int) -> None:
    """The new assignee hears that somebody asks to call back."""
    events.callback_changed(row, formerly=formerly)
    create_notification(
        user=row.assignee,
        title=f"Просят перезвонить: {number_of(row)}",
        body=f"Звонок принял другой сотрудник: {by.label}.",
        kind=Kind.CALL,
        url=PAGE,
        actor=by,
        dedupe_key=f"cb:{row.pk}:hand:{row.handed_at:%Y%m%d%H%M%S}" if row.handed_at else None,
        about=(ENTITY, row.pk),
    )


def forget(row: CallBack) -> None:
    """The row goes: nothing about it stays in the bell, and pages look again."""
    forget_about(kind=ENTITY, pk=row.pk)
    events.callback_gone(row)


def tell_red(limit: int = 500) -> int:
    """Tell the assignee and the heads, once, of call-backs that have waited too long without an attempt."""
    now = db_now()
    limit_s = settings.CALLBACK["red"].total_seconds()
    waiting = CallBack.objects.open().filter(
        first_attempt_at__isnull=True, red_told_at__isnull=True, first_missed_at__lte=now - settings.CALLBACK["red"]
    )
    rows = list(waiting.select_related("branch", "assignee").order_by("pk")[:limit])
    hours = hours_of_all({row.branch_id: row.branch for row in rows if row.branch is not None}.values())
    late = [row for row in rows if hours[row.branch_id].working_seconds(row.first_missed_at, now) >= limit_s]
    return sum(_tell_red(row, now) for row in late)


@transaction.atomic
def _tell_red(row: CallBack, now: datetime) -> int:
    """One row; whoever marks it first tells."""
    mine = CallBack.objects.open().filter(pk=row.pk, red_told_at__isnull=True, first_attempt_at__isnull=True)
    if not mine.update(red_told_at=now):
        return 0
    for person in {person.pk: person for person in (row.assignee, *heads_of(row.branch))}.values():
        create_notification(
            user=person,
            title=f"Не перезвонили вовремя: {number_of(row)}",
            body=f"Ответственный: {row.assignee.label}.",
            kind=Kind.CALL,
            url=PAGE,
            dedupe_key=f"cb:{row.pk}:red",
            about=(ENTITY, row.pk),
        )
    events.callback_changed(row)
    return 1
