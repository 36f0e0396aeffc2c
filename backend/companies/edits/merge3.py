"""Two people edit one card: what each changed, what both did. Pure: values in, decisions out.

`base` is what the person saw, `current` what stands there now, `mine` what the person sends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Merged:
    """`write` goes to the row; `clashes` has to be chosen by the person; `others` was changed by others alone."""

    write: dict[str, Any] = field(default_factory=dict)
    clashes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def merge(
    *,
    mine: Mapping[str, Any],
    current: Mapping[str, Any],
    before: Mapping[str, Any],
    units: Collection[frozenset[str]] = (),
    sets: Collection[str] = (),
) -> Merged:
    """`before` holds the base values of fields that others have changed since; all other bases are current.

    Equal values never clash; sets merge by element; of a unit all fields clash together.
    """
    base = {**current, **before}
    wanted = {name: value for name, value in mine.items() if value != base[name]}
    touched = [name for name in wanted if name not in sets and _is_theirs(name, before, units)]
    clashes = tuple(name for name in touched if _differs(name, wanted, current, units))
    write = {name: value for name, value in wanted.items() if value != current[name]}
    for name in sets:
        if name in wanted:
            write[name] = _elements(base[name], current[name], wanted[name])
            if write[name] == current[name]:
                del write[name]
    return Merged(
        write={} if clashes else write,
        clashes=clashes,
        others=tuple(name for name in before if name not in wanted and before[name] != current[name]),
    )


def unit_of(name: str, units: Collection[frozenset[str]]) -> frozenset[str]:
    """What has to be decided together with `name`, itself included."""
    return next((unit for unit in units if name in unit), frozenset({name}))


def _is_theirs(name: str, before: Mapping[str, Any], units: Collection[frozenset[str]]) -> bool:
    return any(other in before for other in unit_of(name, units))


def _differs(
    name: str, wanted: Mapping[str, Any], current: Mapping[str, Any], units: Collection[frozenset[str]]
) -> bool:
    """False when both wrote the same: then nobody loses anything."""
    return any(wanted[other] != current[other] for other in unit_of(name, units) if other in wanted)


def _elements(base: list[int], current: list[int], mine: list[int]) -> list[int]:
    gone = set(base) - set(mine)
    come = set(mine) - set(base)
    return sorted((set(current) - gone) | come)
