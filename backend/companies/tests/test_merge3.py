"""Two editors of one card: nothing that one wrote vanishes without the other having been shown it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from companies.edits.merge3 import Merged, merge
from companies.edits.values import SETS, UNITS

FIELDS = ("name", "city", "inn", "kpp", "ogrn", "contract_type", "contract_until", "spheres")


def card(**changes: Any) -> dict[str, Any]:
    return {**dict.fromkeys(FIELDS, ""), "spheres": [], **changes}


def merged(mine: dict[str, Any], current: dict[str, Any], before: dict[str, Any]) -> Merged:
    return merge(mine=mine, current=current, before=before, units=UNITS, sets=SETS)


@pytest.mark.parametrize(
    ("mine", "current", "before", "expected"),
    [
        # nobody else: what differs is written
        ({"name": "А", "city": ""}, card(), {}, Merged({"name": "А"})),
        # others changed another field, mine comes back as it was: theirs stays
        ({"name": "А", "city": ""}, card(city="Пермь"), {"city": ""}, Merged({"name": "А"}, (), ("city",))),
        # both changed one field
        ({"name": "А"}, card(name="Б"), {"name": ""}, Merged({}, ("name",))),
        # both wrote the same
        ({"name": "А"}, card(name="А"), {"name": ""}, Merged()),
        # requisites go together
        ({"inn": "7707083893"}, card(kpp="770701001"), {"kpp": ""}, Merged({}, ("inn",), ("kpp",))),
        # sets merge by element
        ({"spheres": [1, 3]}, card(spheres=[1, 2, 4]), {"spheres": [1, 2]}, Merged({"spheres": [1, 3, 4]})),
        # changed there and back: somebody has decided it, so the person is asked
        ({"name": "А"}, card(), {"name": ""}, Merged({}, ("name",))),
    ],
)
def test_what_is_written_and_what_has_to_be_chosen(
    mine: dict[str, Any], current: dict[str, Any], before: dict[str, Any], expected: Merged
) -> None:
    assert merged(mine, current, before) == expected


def _value(rng: random.Random, name: str) -> Any:
    return sorted(rng.sample(range(5), rng.randrange(4))) if name in SETS else rng.choice(["", "a", "b"])


def _edit(rng: random.Random, seen: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(rng, name) for name in rng.sample(FIELDS, rng.randrange(1, 4))} | {
        name: seen[name] for name in rng.sample(FIELDS, 2)
    }


def test_no_field_of_one_vanishes_unseen() -> None:
    rng = random.Random(7)  # noqa: S311
    for _ in range(4_000):
        seen = {name: _value(rng, name) for name in FIELDS}
        first = {name: value for name, value in _edit(rng, seen).items() if value != seen[name]}
        now = {**seen, **first}
        mine = _edit(rng, seen)
        found = merged(mine, now, {name: seen[name] for name in first})
        after = {**now, **found.write}
        wanted = {name for name in mine if mine[name] != seen[name]}
        assert not (found.clashes and found.write)
        for name in first.keys() - SETS:
            kept = after[name] == first[name]
            assert kept or name in found.clashes, (name, seen, first, mine)
        if not found.clashes:
            assert all(after[name] == mine[name] for name in wanted - SETS)
        if not (first.keys() & wanted) and not SETS & wanted:
            swapped = {**seen, **{n: mine[n] for n in wanted}}
            other = merged({**{n: seen[n] for n in first}, **first}, swapped, {n: seen[n] for n in wanted})
            if not found.clashes:
                assert {**swapped, **other.write} == after, "disjoint edits commute"
