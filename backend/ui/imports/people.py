"""Names of the column «Ответственный» that the check could not tell."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from companies.importing.drafts import Check
from companies.importing.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    label: str
    initials: str
    branch: str


@dataclass(frozen=True, slots=True)
class Unknown:
    text: str
    title: str
    people: list[Person]


def unknown_names(check: Check, viewer: User) -> list[Unknown]:
    """Those for whom there is somebody to choose."""
    if not check.names:
        return []
    lookup = Lookup(viewer)
    found = [
        Unknown(name, f"Кто такой «{name}»?", [_person(u) for u in lookup.namesakes(name)]) for name in check.names
    ]
    return [name for name in found if name.people]


def _person(user: User) -> Person:
    return Person(user.pk, user.label, user.initials, user.branch.name if user.branch else "")
