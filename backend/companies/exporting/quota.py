"""Rows a person may take out in a day."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.models import User
from accounts.roles import Role
from audit.models import Source, Verb
from audit.services import log_event
from common.clock import local_day
from common.errors import DomainError
from companies.models import ExportDay


class TooMany(DomainError):
    """More rows than the person may take out in a day."""

    code = "too_many_rows"
    status = 429


def cap_of(user: User) -> int | None:
    """Rows a day; None for those who are not counted."""
    caps = settings.EXPORT_ROWS
    if user.effective_role == Role.MANAGER:
        return int(caps["manager"])
    if user.effective_role in {Role.SALES_HEAD, Role.BRANCH_DIRECTOR}:
        return int(caps["head"])
    return None


def left_today(user: User, now: datetime) -> int | None:
    """Rows that the person may still take out; None without a limit."""
    cap = cap_of(user)
    return None if cap is None else max(cap - _taken(user, now), 0)


@transaction.atomic
def reserve(*, actor: User, count: int, now: datetime, source: Source) -> bool:
    """Add rows to the person's day, unless they would exceed it; two at once cannot both pass."""
    cap = cap_of(actor)
    today = {"user": actor, "day": local_day(now, actor.day_zone)}
    ExportDay.objects.bulk_create([ExportDay(**today)], ignore_conflicts=True)
    rows = ExportDay.objects.filter(**today)
    if cap is not None:
        rows = rows.filter(rows__lte=cap - count)
    if not rows.update(rows=F("rows") + count):
        return False
    _remember(actor, f"Выгрузка: {count} строк", count, count, source)
    return True


def refuse(*, actor: User, count: int, now: datetime, source: Source) -> TooMany:
    """The refusal, which stands in the trail too: outside the transaction that it ends."""
    _remember(actor, f"Выгрузка: отказано, {count} строк", 0, count, source)
    return TooMany(f"Сегодня можно выгрузить ещё {left_today(actor, now)} строк из {cap_of(actor)}. Сузьте выборку.")


def _taken(user: User, now: datetime) -> int:
    day = ExportDay.objects.filter(user=user, day=local_day(now, user.day_zone)).first()
    return day.rows if day else 0


def _remember(actor: User, words: str, rows: int, asked: int, source: Source) -> None:
    meta: dict[str, object] = {"rows": rows, "asked": asked}
    log_event(actor=actor, verb=Verb.EXPORT, entity_type="company", message=words, meta=meta, source=source)
