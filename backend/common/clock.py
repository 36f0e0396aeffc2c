"""Moments and days. A day is always a day of some branch, never of the server."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

type Moment = ExpressionWrapper[CombinedExpression]

DEFAULT_ZONE = "Europe/Moscow"
# The zones that people choose from: one for each hour of Russia.
ZONES = (
    ("Europe/Kaliningrad", "Калининград, МСК−1"),
    ("Europe/Moscow", "Москва, МСК"),
    ("Europe/Samara", "Самара, МСК+1"),
    ("Asia/Yekaterinburg", "Екатеринбург, МСК+2"),
    ("Asia/Omsk", "Омск, МСК+3"),
    ("Asia/Krasnoyarsk", "Красноярск, МСК+4"),
    ("Asia/Irkutsk", "Иркутск, МСК+5"),
    ("Asia/Yakutsk", "Якутск, МСК+6"),
    ("Asia/Vladivostok", "Владивосток, МСК+7"),
    ("Asia/Magadan", "Магадан, МСК+8"),
    ("Asia/Kamchatka", "Камчатка, МСК+9"),
)


def local_day(moment: datetime, zone: str) -> date:
    """The date that people in `zone` read on the calendar at `moment`."""
    return moment.astimezone(ZoneInfo(zone or DEFAULT_ZONE)).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The half-open period [start, end) of `day` in `zone`."""
    tz = ZoneInfo(zone or DEFAULT_ZONE)
    start = datetime.combine(day, time.min, tz)
    return start, datetime.combine(day + timedelta(days=1), time.min, tz)


def db_now_plus(delta: timedelta) -> Moment:
    """«now + delta» by the database's clock, for use inside a statement."""
    return ExpressionWrapper(Now() + delta, output_field=DateTimeField())


def db_now() -> datetime:
    """The database's present moment, read by a query of its own."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            row = cursor.fetchone()
        moment: datetime = row[0]
        return moment
    return timezone.now()
