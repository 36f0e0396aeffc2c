"""The filters above a list: selects with the choice of the address, and what else the form has to send along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Branch, User
from accounts.roles import Reach
from accounts.scope import visibility
from accounts.selectors import people_of
from companies.listing import Filter
from companies.listing.grammar import EMPTY, HAS
from companies.listing.values import join
from companies.models import CompanySphere, CompanyStatus, ContractType, LeadState
from ui.companies.lists.asked import Asked

type Pairs = Sequence[tuple[str, str]]
YES_NO: Pairs = (("1", "есть"), ("0", "нет"))
SINCE: Pairs = (("today", "сегодня"), ("-7d", "за 7 дней"), ("-30d", "за 30 дней"), ("-90d", "за 90 дней"))


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Select:
    """`name` is the key in the address; the first option means «any»; `is_more`: behind «Ещё фильтры»."""

    name: str
    label: str
    options: list[Option]
    is_more: bool = False

    @property
    def is_on(self) -> bool:
        return any(option.is_on for option in self.options)


def company_selects(asked: Asked) -> list[Select]:
    user, found = asked.user, asked.found
    cold_and_warm = [(str(value), str(label)) for value, label in LeadState.choices]
    return [
        _select(found, "status", "Любой статус", [*_rows(CompanyStatus.objects.all()), ("none", "Без статуса")]),
        *_owner_selects(user, found),
        _select(found, "sphere", "Любая сфера", [*_rows(CompanySphere.objects.all()), ("none", "Без сферы")]),
        _more(found, "lead_state", "Состояние", cold_and_warm),
        _more(found, "phone.has", "Телефон", YES_NO),
        _more(found, "email.has", "E-mail", YES_NO),
        _more(found, "contact.has", "Контакты", YES_NO),
        _more(found, "last_call.gte", "Звонили", SINCE),
        _more(
            found,
            "last_call.lte",
            "Давно не звонили",
            (("-7d,none", "7 дней"), ("-30d,none", "30 дней"), ("-90d,none", "90 дней"), ("-365d,none", "год")),
        ),
        _more(found, "contract_type", "Вид договора", _rows(ContractType.objects.all())),
        _more(
            found,
            "contract_until.lte",
            "Договор кончается",
            (("-1d", "уже истёк"), ("7d", "до 7 дней"), ("14d", "до 14 дней"), ("30d", "до 30 дней")),
        ),
        _more(found, "created.gte", "Создана", SINCE),
        _more(found, "updated.gte", "Изменена", SINCE),
        _more(found, "cold.has", "Отметка «холодный звонок»", YES_NO),
        _more(found, "do_not_call.has", "Просили не звонить", (("1", "да"), ("0", "нет"))),
    ]


def contact_selects(asked: Asked) -> list[Select]:
    user, found = asked.user, asked.found
    return [
        _select(found, "company.has", "Все контакты", (("1", "С компанией"), ("0", "Без компании"))),
        *_owner_selects(user, found),
        _select(found, "phone.has", "Любой телефон", (("1", "С телефоном"), ("0", "Без телефона"))),
        _more(found, "email.has", "E-mail", YES_NO),
        _more(found, "primary.has", "Основной", (("1", "да"), ("0", "нет"))),
        _more(found, "lead_state", "Состояние компании", [(str(v), str(label)) for v, label in LeadState.choices]),
        _more(found, "created.gte", "Создан", SINCE),
        _more(found, "updated.gte", "Изменён", SINCE),
        _more(found, "cold.has", "Отметка «холодный звонок»", YES_NO),
        _more(found, "do_not_call.has", "Просили не звонить", (("1", "да"), ("0", "нет"))),
    ]


def kept_fields(asked: Asked, selects: list[Select]) -> list[tuple[str, str]]:
    """What the form sends along: the view, the order, the columns, and conditions that no select shows."""
    names = {select.name for select in selects}
    shown = {_of_select(one.key) for one in asked.found.conditions} & names
    fields = [(one.key, join(one.values)) for one in asked.found.conditions if _of_select(one.key) not in shown]
    spoken = {name.partition(".")[0] for name in names} | {"q"}
    fields += [(name, "") for name in asked.own.removed if name not in spoken]
    fields += [(one.key, one.value) for one in asked.own.problems]
    own = (
        ("view", str(asked.own.view or "")),
        ("sort", asked.own.sort),
        ("cols", ",".join(asked.own.cols)),
    )
    return [*fields, *((name, value) for name, value in own if value)]


def _of_select(key: str) -> str:
    """The select that shows a condition: «нет» and «есть» are one."""
    return key.removesuffix(f".{EMPTY}") + f".{HAS}" if key.endswith(f".{EMPTY}") else key


def _chosen(found: Filter, key: str) -> str:
    for one in found.conditions:
        if one.key == key:
            return join(one.values)
        if _of_select(one.key) == key:
            return "0"
    return ""


def _select(found: Filter, key: str, label: str, pairs: Iterable[tuple[str, str]], *, is_more: bool = False) -> Select:
    chosen = _chosen(found, key)
    options = [Option(value, text, value == chosen) for value, text in pairs]
    if chosen and not any(option.is_on for option in options):
        options.append(Option(chosen, "несколько" if "," in chosen else "другое", True))
    return Select(key, label, options, is_more)


def _more(found: Filter, key: str, label: str, pairs: Iterable[tuple[str, str]]) -> Select:
    return _select(found, key, label, pairs, is_more=True)


def _owner_selects(user: User, found: Filter) -> list[Select]:
    """People and branches, only where there is something to choose."""
    reach, selects = visibility(user), []
    if reach != Reach.OWN:
        people = [(str(p.pk), _short(p)) for p in people_of(user, reach)]
        nobody = (("none", "Без ответственного"), ("inactive", "Ответственный отключён"))
        selects.append(_select(found, "responsible", "Все сотрудники", (("me", "Я"), *people, *nobody)))
    if reach == Reach.ALL:
        branches = [*_rows(Branch.objects.all()), ("none", "Без филиала")]
        selects.append(_select(found, "branch", "Любой филиал", branches))
    return selects


def _short(person: User) -> str:
    return " ".join(x for x in (person.last_name, person.first_name) if x) or person.username


def _rows(rows: Iterable[CompanyStatus | CompanySphere | ContractType | Branch]) -> list[tuple[str, str]]:
    return [(str(row.pk), row.name) for row in rows]
