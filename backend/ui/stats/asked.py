"""What the address of a page of statistics asks for, and the addresses around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.clock import local_day
from common.text import plural
from phonebridge.stats import BadFilter, Filter, Period, read_filter
from phonebridge.stats.asked import NO_BRANCH
from phonebridge.stats.period import day_of, month_of, week_of
from ui.actor import actor
from ui.times import MONTHS

NAMES = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
KINDS = (("day", "День", day_of), ("week", "Неделя", week_of), ("month", "Месяц", month_of))


@dataclass(frozen=True, slots=True)
class Asked:
    """A good filter, or the errors of a bad one beside the filter of today."""

    viewer: User
    now: datetime
    filter: Filter
    errors: dict[str, list[str]]

    @property
    def today(self) -> date:
        return local_day(self.now, self.viewer.day_zone)

    @property
    def is_default(self) -> bool:
        """Today and no filter: what frames carry the figures of."""
        return not self.errors and self.filter == Filter(day_of(self.today))

    @property
    def is_live(self) -> bool:
        """A result that comes now may change the figures."""
        return self.today in self.filter.period


def read_asked(request: HttpRequest) -> Asked:
    """Raises NotYourPerson."""
    viewer = actor(request)
    now = timezone.now()
    try:
        return Asked(viewer, now, read_filter(request.GET, viewer, now), {})
    except BadFilter as refusal:
        return Asked(viewer, now, Filter(day_of(local_day(now, viewer.day_zone))), refusal.fields)


def query_of(asked: Filter, **more: object) -> str:
    """The filter as a query string; `more` adds to it, or replaces days."""
    pairs: list[tuple[str, str]] = [
        ("from", str(more.pop("from_on", asked.period.from_on))),
        ("to", str(more.pop("to_on", asked.period.to_on))),
    ]
    user_id = more.pop("user_id", asked.user_id)
    if asked.without_branch or asked.branch_id is not None:
        pairs.append(("branch", NO_BRANCH if asked.without_branch else str(asked.branch_id)))
    if user_id is not None:
        pairs.append(("user_id", str(user_id)))
    statuses: Iterable[str] = more.pop("statuses", asked.statuses)  # type: ignore[assignment]
    pairs += [("status", status) for status in statuses]
    if asked.is_cold:
        pairs.append(("cold", "1"))
    return urlencode(pairs + [(name, str(value)) for name, value in more.items() if value is not None])


def behind_url(asked: Filter, metric: str, **more: object) -> str:
    """The list of calls behind a number."""
    return f"{reverse('call_list')}?{query_of(asked, metric=metric, **more)}"


def page_url(asked: Filter, period: Period, page: str = "") -> str:
    """The page of statistics, or `page`, in another period."""
    # the person of a page of its own stands in its path
    asked = replace(asked, user_id=None) if page else asked
    query = query_of(asked, from_on=period.from_on, to_on=period.to_on)
    return f"{page or reverse('settings_calls_stats')}?{query}"


@dataclass(frozen=True, slots=True)
class Steps:
    """The kinds of period as tabs, and the ways back and forward; `next_url` is empty at today."""

    tabs: list[dict[str, object]]
    title: str
    previous_url: str
    next_url: str
    today_url: str


def steps_of(asked: Asked, page: str = "") -> Steps:
    period, today = asked.filter.period, asked.today
    anchor = today if today in period else period.to_on
    tabs: list[dict[str, object]] = [
        {"label": label, "url": page_url(asked.filter, make(anchor), page), "is_on": period == make(period.from_on)}
        for _, label, make in KINDS
    ]
    back, forward = beside(period)
    return Steps(
        tabs,
        period_title(period),
        page_url(asked.filter, back, page),
        page_url(asked.filter, forward, page) if forward.from_on <= today else "",
        page_url(asked.filter, day_of(today), page) if today not in period else "",
    )


def beside(period: Period) -> tuple[Period, Period]:
    """The same kind of period before and after."""
    if period.is_month:
        return month_of(period.from_on - timedelta(days=1)), month_of(period.to_on + timedelta(days=1))
    step = timedelta(days=period.days)
    return Period(period.from_on - step, period.to_on - step), Period(period.from_on + step, period.to_on + step)


def period_title(period: Period) -> str:
    """«23 ноября 2026», «ноябрь 2026», «23–29 ноября 2026», «28 октября – 3 ноября 2026»."""
    first, last = period.from_on, period.to_on
    end = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
    if period.is_day:
        return end
    if period.is_month:
        return f"{NAMES[first.month - 1]} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    start = f"{first.day} {MONTHS[first.month - 1]}"
    return f"{start} – {end}" if first.year == last.year else f"{start} {first.year} – {end}"


def days_words(count: int) -> str:
    return f"{count} {plural(count, 'день', 'дня', 'дней')}"
