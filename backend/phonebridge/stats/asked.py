"""The filter of statistics: read from an address with every error named, or made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.datastructures import MultiValueDict

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import Reach
from accounts.selectors import COLUMNS as PEOPLE
from common.clock import local_day
from common.errors import DomainError
from phonebridge.models import CallRequest
from phonebridge.stats.figures import STATUSES
from phonebridge.stats.metrics import statuses_are
from phonebridge.stats.period import MOST_DAYS, Period, day_of, month_of, week_of

VERB = "calls_view"
NO_BRANCH = "none"
PERIODS = {"day": day_of, "week": week_of, "month": month_of}
FIRST_YEAR, LAST_YEAR = 1970, 2999


class BadFilter(DomainError):
    """What the address asks for cannot be; `extra["fields"]` names each field with its errors."""

    code = "invalid"

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__("Проверьте фильтр.", fields=fields)
        self.fields = fields


class NotYourPerson(DomainError):
    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Filter:
    """Days, and what else all figures are cut by. `without_branch` and `branch_id` exclude each other."""

    period: Period
    branch_id: int | None = None
    without_branch: bool = False
    user_id: int | None = None
    statuses: tuple[str, ...] = ()
    is_cold: bool = False

    @property
    def where(self) -> Q:
        """Everything but the days and the statuses."""
        q = Q(is_cold_call=True) if self.is_cold else Q()
        if self.without_branch:
            q &= Q(branch__isnull=True)
        elif self.branch_id is not None:
            q &= Q(branch_id=self.branch_id)
        return q & Q(user_id=self.user_id) if self.user_id is not None else q

    @property
    def with_status(self) -> Q:
        return statuses_are(self.statuses) if self.statuses else Q()


def branches_for(viewer: User) -> QuerySet[Branch]:
    """Branches whose calls the person may see as a whole."""
    level = scope.reach(viewer, VERB)
    if level == Reach.ALL:
        return Branch.objects.order_by("name", "pk")
    own = viewer.branch_id if level == Reach.BRANCH else None
    return Branch.objects.filter(pk__in=[own] if own else []).order_by("name", "pk")


def read_filter(params: Mapping[str, Any], viewer: User, now: datetime) -> Filter:
    """The filter of an address: `from` and `to`, or `period` and `on`; `branch`, `user_id`, `status` (several).

    Raises BadFilter, and NotYourPerson for somebody whose calls the viewer may not see.
    """
    errors: dict[str, list[str]] = {}
    period = _read_period(params, local_day(now, viewer.day_zone), errors)
    branch_id, without_branch = _read_branch(params.get("branch", ""), viewer, errors)
    statuses = _read_statuses(params, errors)
    person = _read_person(params.get("user_id", ""), errors)
    if errors:
        raise BadFilter(errors)
    if person is not None and not may_see_person(viewer, person):
        raise NotYourPerson("Сотрудник не найден.")
    is_cold = params.get("cold", "") == "1"
    return Filter(period, branch_id, without_branch, person.pk if person else None, statuses, is_cold)


def _read_period(params: Mapping[str, Any], today: date, errors: dict[str, list[str]]) -> Period:
    named = params.get("period", "")
    first = _read_day(params.get("from", ""), "from", errors)
    last = _read_day(params.get("to", ""), "to", errors)
    on = _read_day(params.get("on", ""), "on", errors) or today
    if first is None and last is None and named not in {"", "any"}:
        if named not in PERIODS:
            errors["period"] = ["Выберите день, неделю или месяц."]
        return PERIODS.get(named, day_of)(on)
    first = first or last or on
    last = last or max(first, on)
    if first > last:
        errors.setdefault("to", []).append("Конец периода раньше начала.")
    elif (last - first).days + 1 > MOST_DAYS:
        errors.setdefault("to", []).append("Период длиннее пяти лет.")
    return Period(first, last)


DAY_NAMES = {"from": "Начало периода", "to": "Конец периода", "on": "День"}


def _read_day(text: str, name: str, errors: dict[str, list[str]]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        errors.setdefault(name, []).append(f"{DAY_NAMES[name]}: такой даты нет.")
        return None
    return day


def _read_branch(text: str, viewer: User, errors: dict[str, list[str]]) -> tuple[int | None, bool]:
    if not text:
        return None, False
    if text == NO_BRANCH and scope.reach(viewer, VERB) == Reach.ALL:
        return None, True
    number = _id(text)
    if number is None or not branches_for(viewer).filter(pk=number).exists():
        errors["branch"] = ["Такого филиала нет."]
    return number, False


def _read_statuses(params: Mapping[str, Any], errors: dict[str, list[str]]) -> tuple[str, ...]:
    values = params.getlist("status") if isinstance(params, MultiValueDict) else [params.get("status", "")]
    asked = {part.strip().lower() for value in values for part in value.split(",") if part.strip()}
    if asked - set(STATUSES):
        errors["status"] = ["Такого итога нет."]
    return tuple(status for status in STATUSES if status in asked)


def _read_person(text: str, errors: dict[str, list[str]]) -> User | None:
    if not text:
        return None
    number = _id(text)
    person = User.objects.filter(pk=number).first() if number is not None else None
    if person is None:
        errors["user_id"] = ["Такого сотрудника нет."]
    return person


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def may_see_person(viewer: User, person: User) -> bool:
    """Oneself, people of the branch and whoever called from it once, or anybody: by the reach of calls."""
    level = scope.reach(viewer, VERB)
    if User.objects.filter(scope.reach_q(viewer, level, PEOPLE), pk=person.pk).exists():
        return True
    return CallRequest.objects.visible_to(viewer).filter(user=person).exists()
