"""Columns of the lists: their heads, which of them are shown, and where a narrow screen leaves them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ui.companies.lists.asked import Asked


@dataclass(frozen=True, slots=True)
class Column:
    """`css` hides a column of the usual set on narrow screens (data.css); `sort` is the key of its order."""

    name: str
    label: str
    sort: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """`aria` is «ascending», «descending» or ''; `url` sorts by the column."""

    name: str
    label: str
    css: str
    url: str
    aria: str


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: str
    is_on: bool


def _by_name(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


COMPANY_COLUMNS: Mapping[str, Column] = _by_name(
    Column("name", "Компания", "name"),
    Column("inn", "ИНН", "inn", "from-82"),
    Column("status", "Статус", "status"),
    Column("lead_state", "Состояние", "lead_state", "from-75"),
    Column("responsible", "Ответственный", "responsible", "from-68"),
    Column("branch", "Филиал", "branch", "from-89"),
    Column("city", "Город", "city"),
    Column("spheres", "Сферы"),
    Column("contract", "Договор", "contract"),
    Column("phone", "Телефон"),
    Column("call", "Звонок", "call"),
    Column("created", "Создана", "created"),
    Column("updated", "Изменена", "updated"),
)
CONTACT_COLUMNS: Mapping[str, Column] = _by_name(
    Column("name", "Контакт", "name"),
    Column("company", "Компания", "company"),
    Column("position", "Должность", "position", "from-60"),
    Column("status", "Статус", "status"),
    Column("responsible", "Ответственный", "responsible", "from-75"),
    Column("branch", "Филиал", "branch"),
    Column("phone", "Телефон"),
    Column("email", "E-mail", "", "from-89"),
    Column("created", "Создан", "created"),
    Column("updated", "Изменён", "updated"),
)


def make_heads(asked: Asked, columns: Mapping[str, Column]) -> list[Head]:
    """The name always stands first: it is the link of the row."""
    names = ["name", *(name for name in asked.found.columns if name != "name")]
    is_usual = asked.found.columns == asked.found.grammar.default_cols
    return [_head(asked, columns[name], is_usual=is_usual) for name in names]


def _head(asked: Asked, column: Column, *, is_usual: bool) -> Head:
    order, key = asked.found.order, column.sort
    aria = {key: "ascending", f"-{key}": "descending"}.get(order, "") if key else ""
    fresh = f"-{key}" if aria == "ascending" else key
    url = asked.address(replace(asked.own, sort=fresh)) if key else ""
    return Head(column.name, column.label, column.css if is_usual else "", url, aria)


def make_choices(asked: Asked, columns: Mapping[str, Column]) -> list[Choice]:
    shown = {"name", *asked.found.columns}
    return [Choice(column.name, column.label, column.name in shown) for column in columns.values()]
