"""The filters above the list: what can be chosen, and what the URL has chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from accounts.models import Branch, User
from accounts.roles import Reach
from accounts.scope import visibility
from accounts.selectors import people_of
from companies.models import CompanySphere, CompanyStatus, LeadState
from companies.selectors import ListQuery
from companies.selectors.listing import NOBODY

KEPT = ("mine", "lead_state", "has_phone", "sort")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A select of the toolbar; the first option means «any»."""

    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    url: str
    is_on: bool
    icon: str = ""
    count: int | None = None


def _options(pairs: Iterable[tuple[str, str]], chosen: str) -> list[Option]:
    return [Option(value, label, value == chosen) for value, label in pairs]


def make_filters(user: User, params: QueryDict) -> list[Filter]:
    """Selects with the choice of the URL; people and branches only where there is something to choose."""
    statuses = [(str(s.pk), s.name) for s in CompanyStatus.objects.all()]
    spheres = [(str(s.pk), s.name) for s in CompanySphere.objects.all()]
    choices = [("status", "Любой статус", statuses), ("sphere", "Любая сфера", spheres)]
    reach = visibility(user)
    if reach != Reach.OWN:
        choices.insert(1, ("responsible", "Все сотрудники", _people(user, reach)))
    if reach == Reach.ALL:
        choices.insert(2, ("branch", "Любой филиал", _branches()))
    return [Filter(name, label, _options(pairs, params.get(name, ""))) for name, label, pairs in choices]


def _people(user: User, reach: Reach) -> list[tuple[str, str]]:
    named = [
        (str(p.pk), " ".join(x for x in (p.last_name, p.first_name) if x) or p.username)
        for p in people_of(user, reach)
    ]
    return [*named, (NOBODY, "Без ответственного")]


def _branches() -> list[tuple[str, str]]:
    return [*((str(b.pk), b.name) for b in Branch.objects.all()), (NOBODY, "Без филиала")]


def with_param(params: QueryDict, **changes: str) -> str:
    """The same address with other filters, from the first page."""
    changed = params.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"


def kept_params(params: QueryDict) -> list[tuple[str, str]]:
    """What the chips and the heads of columns have chosen: the form sends it along."""
    return [(name, params.get(name, "")) for name in KEPT if params.get(name)]


def make_chips(params: QueryDict, query: ListQuery) -> list[Chip]:
    """Filters that are one click away."""
    warm, cold = query.lead_state == LeadState.WARM, query.lead_state == LeadState.COLD
    has, none = query.has_phone is True, query.has_phone is False
    return [
        Chip("Мои", with_param(params, mine="" if query.is_mine else "1"), query.is_mine, "user"),
        Chip("Тёплые", with_param(params, lead_state="" if warm else "warm"), warm, "flame"),
        Chip("Холодные", with_param(params, lead_state="" if cold else "cold"), cold, "snowflake"),
        Chip("С телефоном", with_param(params, has_phone="" if has else "yes"), has, "phone"),
        Chip("Без телефона", with_param(params, has_phone="" if none else "no"), none, "phone-off"),
    ]
