"""Moments and lengths as people read them, in the viewer's zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from common.clock import DEFAULT_ZONE, local_day
from common.text import plural

WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone or DEFAULT_ZONE))


def clock(moment: datetime, zone: str, *, seconds: bool = False) -> str:
    """«14:02» or «14:02:07»."""
    return local(moment, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def when(moment: datetime | None, zone: str, now: datetime) -> str:
    """«сегодня 11:40», «вчера 11:40», «20.11 16:12», «20.11.2025»; «—» when never."""
    if moment is None:
        return "—"
    shown, today = local(moment, zone), local_day(now, zone)
    days = (today - shown.date()).days
    if days == 0:
        return f"сегодня {shown:%H:%M}"
    if days == 1:
        return f"вчера {shown:%H:%M}"
    return f"{shown:%d.%m %H:%M}" if shown.year == today.year else f"{shown:%d.%m.%Y}"


def full(moment: datetime, zone: str) -> str:
    """«20.11.2026 16:12:07»."""
    return f"{local(moment, zone):%d.%m.%Y %H:%M:%S}"


def day_title(day: date) -> str:
    """«понедельник, 23 ноября»."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]}"


def long_duration(seconds: int) -> str:
    """«1 ч 12 мин», «4 мин», «40 с»."""
    hours, rest = divmod(max(seconds, 0), 3600)
    minutes = rest // 60
    if hours:
        return f"{hours} ч {minutes} мин" if minutes else f"{hours} ч"
    return f"{minutes} мин" if minutes else f"{rest} с"


def days_left(until: date, today: date) -> tuple[str, int]:
    """The words about a day that comes or has passed, and how many days are left."""
    days = (until - today).days
    if days < 0:
        return "истёк", days
    if days == 0:
        return "последний день", days
    return f"{plural(days, 'остался', 'осталось', 'осталось')} {days} {plural(days, 'день', 'дня', 'дней')}", days


def number(value: int) -> str:
    """«4 812» with a narrow space."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(value: float, *, is_known: bool = True) -> str:
    """«51,2 %»; «—» when there is nothing to divide by."""
    return f"{value:.1f}".replace(".", ",") + "\N{NO-BREAK SPACE}%" if is_known else "—"
