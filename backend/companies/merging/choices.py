"""Whose value each field takes when two cards become one: the winner's unless it is empty, or as the person says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from accounts.models import User
from companies.edits.effects import Card
from companies.edits.merge3 import unit_of
from companies.edits.values import COMPANY, CONTACT, SETS, UNITS, Field, Json, label_of
from companies.models import Company, LeadState
from companies.records import BadRecord

WINNER, LOSER = "winner", "loser"
LEAD = "lead_state"
HEAD = "head_company"
EMPTY: tuple[Json, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class Choice:
    """Fields that go together, under the name of the first; `side` is whose values are taken.

    `winner` and `loser` are the values in words; `is_open` says whether there is anything to choose.
    """

    key: str
    names: tuple[str, ...]
    label: str
    winner: str
    loser: str
    side: str
    is_open: bool


def table_of(card: Card) -> Mapping[str, Field]:
    return COMPANY if isinstance(card, Company) else CONTACT


def make_choices(
    winner: Card, loser: Card, said: Mapping[str, str], *, viewer: User, fixed: Collection[str] = ()
) -> list[Choice]:
    """One choice a unit of fields, in words for `viewer`. Raises BadRecord for a name or a side that is not there."""
    table = table_of(winner)
    found: dict[str, Choice] = {}
    for name in table:
        unit = unit_of(name, UNITS)
        names = tuple(n for n in table if n in unit)
        if name == names[0] and name not in SETS and name not in fixed:
            found[name] = _choice(viewer, winner, loser, names, said.get(name, ""))
    if isinstance(winner, Company) and isinstance(loser, Company):
        found[LEAD] = _lead(winner, loser, said.get(LEAD, ""))
    unknown = sorted(set(said) - set(found) - set(fixed))
    if unknown:
        raise BadRecord(f"Неизвестное поле: {unknown[0]}.", field=unknown[0])
    return list(found.values())


def columns_of(winner: Card, names: Collection[str]) -> list[str]:
    """Columns behind fields, by their names in Python."""
    table = table_of(winner)
    fields = [column for name in names for column in (table[name].columns if name in table else (name,))]
    return [type(winner)._meta.get_field(column).attname for column in fields]  # type: ignore[union-attr]


def _choice(viewer: User, winner: Card, loser: Card, names: tuple[str, ...], said: str) -> Choice:
    table = table_of(winner)
    mine = [table[name].read(winner) for name in names]
    theirs = [table[name].read(loser) for name in names]
    is_empty = all(value in EMPTY for value in mine)
    return Choice(
        key=names[0],
        names=names,
        label=" / ".join(table[name].label for name in names),
        winner=_words(table, viewer, names, mine),
        loser=_words(table, viewer, names, theirs),
        side=_side(said) or (LOSER if is_empty and mine != theirs else WINNER),
        is_open=mine != theirs,
    )


def _words(table: Mapping[str, Field], viewer: User, names: tuple[str, ...], values: list[Json]) -> str:
    shown = [table[name].show(value, viewer) for name, value in zip(names, values, strict=True)]
    return " / ".join(shown) if any(text != "—" for text in shown) else "—"


def _lead(winner: Company, loser: Company, said: str) -> Choice:
    return Choice(
        key=LEAD,
        names=(LEAD,),
        label=label_of(Company, LEAD).capitalize(),
        winner=str(LeadState(winner.lead_state).label),
        loser=str(LeadState(loser.lead_state).label),
        side=_side(said) or WINNER,
        is_open=winner.lead_state != loser.lead_state,
    )


def _side(said: str) -> str:
    if said not in {"", WINNER, LOSER}:
        raise BadRecord("Выберите одно из двух значений.", field="choice")
    return said
