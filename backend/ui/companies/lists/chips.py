"""Chips above a list: filters one click away, conditions that are on, and what nobody understood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from companies.listing import Condition, Filter
from companies.listing.grammar import EMPTY, GTE, HAS, LTE, NOT
from companies.listing.values import Kind
from companies.models import LeadState
from ui.companies.lists.asked import Asked
from ui.companies.lists.toolbar import Select

WORDS = {
    "me": "я",
    "none": "нет",
    "inactive": "отключён",
    "today": "сегодня",
    **{str(value): str(label) for value, label in LeadState.choices},
}
BEFORE = {NOT: "кроме ", GTE: "с ", LTE: "по "}


@dataclass(frozen=True, slots=True)
class Chip:
    """`is_on` quick ones are pressed; `tone` colours what is wrong; `title` says more."""

    label: str
    url: str
    is_on: bool = False
    icon: str = ""
    count: int | None = None
    title: str = ""
    tone: str = ""


QUICK_COMPANIES = (
    ("Мои", "responsible", "me", "user"),
    ("Тёплые", "lead_state", "warm", "flame"),
    ("Холодные", "lead_state", "cold", "snowflake"),
    ("С телефоном", "phone.has", "1", "phone"),
    ("Без телефона", "phone.empty", "1", "phone-off"),
)
QUICK_CONTACTS = (
    ("Мои", "responsible", "me", "user"),
    ("Без компании", "company.empty", "1", "building-2"),
    ("С телефоном", "phone.has", "1", "phone"),
    ("Без телефона", "phone.empty", "1", "phone-off"),
)


def quick_chips(asked: Asked, quick: tuple[tuple[str, str, str, str], ...]) -> list[Chip]:
    """Pressed once: on; pressed again: off."""
    chips = []
    for label, key, value, icon in quick:
        is_on = any(one.key == key and one.values == (value,) for one in asked.found.conditions)
        own = asked.own
        fresh = own.without(key.partition(".")[0]) if is_on else own.having(key, value)
        chips.append(Chip(label, asked.address(fresh), is_on, icon))
    return chips


def condition_chips(asked: Asked, selects: list[Select]) -> list[Chip]:
    """What is on; each chip takes its field away."""
    names = {
        (select.name.partition(".")[0], option.value): option.label for select in selects for option in select.options
    }
    chips = [
        Chip(_words(asked.found, one, names), asked.address(asked.own.without(one.field)), icon="x")
        for one in asked.found.conditions
    ]
    if asked.found.q:
        chips.append(Chip(f"Поиск: {asked.found.q}", asked.address(asked.own.without("q")), icon="x"))
    return chips


def problem_chips(asked: Asked) -> list[Chip]:
    """«Неизвестный фильтр»: no rows until it is taken away, with the view if that is what is wrong."""
    of_view = any(one.key == "view" or one not in asked.own.problems for one in asked.found.problems)
    clean = replace(asked.own, problems=(), view=None if of_view else asked.own.view)
    return [
        Chip("Неизвестный фильтр", asked.address(clean), icon="x", title=one.text, tone="danger")
        for one in asked.found.problems
    ]


def _words(found: Filter, one: Condition, names: dict[tuple[str, str], str]) -> str:
    field = found.grammar.fields[one.field]
    if one.op in {EMPTY, HAS}:
        return f"{field.label}: {'есть' if one.op == HAS else 'нет'}"
    values = ", ".join(_value(field.kind, one.field, value, names) for value in one.values)
    return f"{field.label}: {BEFORE.get(one.op, '')}{values}"


def _value(kind: Kind, name: str, value: str, names: dict[tuple[str, str], str]) -> str:
    if kind in {Kind.ID, Kind.CHOICE} and (name, value) in names:
        return names[name, value]
    if value in WORDS and kind != Kind.TEXT:
        return WORDS[value]
    if kind == Kind.DAY:
        return _day(value)
    return f"№ {value}" if kind == Kind.ID else value


def _day(value: str) -> str:
    if value.endswith("d"):
        days = int(value[:-1])
        return f"{abs(days)} дн. назад" if days < 0 else f"через {days} дн."
    return f"{date.fromisoformat(value):%d.%m.%Y}"
