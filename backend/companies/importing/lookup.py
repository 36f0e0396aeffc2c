"""Dictionaries and people as files name them; read once a chunk at the most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import Reach
from common.text import words
from companies.edits.transfer import TARGETS
from companies.models import CompanySphere, CompanyStatus, ContractType

NAMESAKES = 6


def key(text: str) -> str:
    """How names are compared: words, casefolded, ё as е."""
    return " ".join(words(text))


class Lookup:
    """Names → rows, read when the first row asks for them.

    A name that two people share names nobody, unless somebody has said in `named` whom (key → id).
    """

    def __init__(self, actor: User, named: Mapping[str, int] | None = None) -> None:
        self.actor = actor
        self.named = named or {}
        self.reach = scope.reach(actor, "import_row")
        statuses = list(CompanyStatus.objects.all())
        self.statuses = {key(s.name): s for s in statuses} | {key(s.code): s for s in statuses}
        self.default_status = next((s for s in statuses if s.is_default), None)

    @cached_property
    def spheres(self) -> dict[str, CompanySphere]:
        return {key(s.name): s for s in CompanySphere.objects.all()}

    @cached_property
    def contracts(self) -> dict[str, ContractType]:
        kinds = list(ContractType.objects.all())
        return {key(k.name): k for k in kinds} | {key(k.code): k for k in kinds}

    @cached_property
    def branches(self) -> dict[str, Branch]:
        branches = list(Branch.objects.all())
        return {key(b.name): b for b in branches} | {key(b.code): b for b in branches}

    @cached_property
    def _by_id(self) -> dict[int, User]:
        everybody = User.objects.filter(is_active=True).select_related("branch")
        return {person.pk: person for person in everybody if person.effective_role in TARGETS}

    @cached_property
    def _people(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for person in self._by_id.values():
            for name in self._names(person):
                found[name].add(person.pk)
        return found

    @staticmethod
    def _names(person: User) -> set[str]:
        first, middle, last = person.first_name, person.middle_name, person.last_name
        found = {person.username.casefold(), person.email.casefold(), key(f"{last} {first}"), key(f"{first} {last}")}
        found |= {key(f"{last} {first} {middle}"), key(f"{first} {middle} {last}")}
        return {name for name in found if name}

    def person(self, text: str) -> User | None:
        """Log-in name, e-mail or full name, exactly one person."""
        said = self._by_id.get(self.named.get(key(text), 0))
        if said is not None:
            return said
        found = self._people.get(text.strip().casefold(), set()) | self._people.get(key(text), set())
        return self._by_id[next(iter(found))] if len(found) == 1 else None

    def owner_of_new(self, text: str) -> tuple[User | None, str]:
        """Who becomes responsible for a new card, and a warning's code or ''."""
        own = self.actor if self.actor.effective_role in TARGETS else None
        if not text:
            return own, ""
        named = self.person(text)
        if named is None:
            return own, "unknown_person"
        if self._may_name(named):
            return named, ""
        return own, "person_not_yours"

    @property
    def may_set_branch(self) -> bool:
        return self.reach == Reach.ALL

    def namesakes(self, text: str) -> list[User]:
        """Whom a name may mean, of the people that this actor may make responsible."""
        parts = set(words(text))
        alike = [person for person in self._by_id.values() if words(person.last_name) and self._may_name(person)]
        found = [person for person in alike if parts & {*words(person.last_name), *words(person.username)}]
        return sorted(found, key=lambda person: (person.last_name, person.first_name, person.pk))[:NAMESAKES]

    def _may_name(self, person: User) -> bool:
        if self.reach == Reach.ALL or person.pk == self.actor.pk:
            return True
        return self.reach == Reach.BRANCH and person.branch_id == self.actor.branch_id
