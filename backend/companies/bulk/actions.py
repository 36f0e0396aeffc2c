"""What can be done to many companies: each action is the single one of companies/edits, with what its undo needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from audit.models import FieldChange
from companies import access
from companies.edits.fields import Edit, NotAllowed, change_company
from companies.edits.values import COMPANY
from companies.models import Company
from companies.records import BadRecord
from jobs.models import ChangeLog, Op

COMPANY_LABEL = "companies.company"
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class One:
    """One card of a job: its row is locked, its number in the job is `n` (from 1)."""

    actor: User
    company: Company
    n: int
    params: Params
    batch: UUID


@dataclass(frozen=True, slots=True)
class Effect:
    """What was written: an entry of the log. `result` is kept with the row."""

    old: Any
    new: Any
    version: int | None
    field: str = ""
    op: Op = Op.UPDATE
    model: str = COMPANY_LABEL
    object_id: int = 0
    result: Any = None


class Action:
    """One kind of change. `fields` are names of the trail: whoever else has written there meanwhile goes first."""

    key: str
    title: str
    verb: str
    fields: frozenset[str] = frozenset()

    def prepare(self, params: Params) -> dict[str, Any]:
        """The parameters as they are kept. Raises BadRecord, BadTarget."""
        raise NotImplementedError

    def words(self, params: Params) -> str:
        """What is written, for the title of the job; '' when the action says it all."""
        return ""

    def check_right(self, actor: User, company: Company) -> None:
        """Raises NotAllowed with the words of the single action."""
        verdict = access.can(actor, self.verb, company)
        if not verdict.ok:
            raise NotAllowed(verdict.reason, code=verdict.code)

    def is_ours(self, change: FieldChange, what: Params) -> bool:
        """Does a later change of somebody else concern what this action writes?"""
        return True

    def write(self, one: One) -> Effect | None:
        """None when it is so already. Raises DomainError as the single action does."""
        raise NotImplementedError

    def take_back(self, one: One, entry: ChangeLog) -> None:
        """Write the old value of an untouched entry. Raises DomainError when the single action would refuse."""
        raise NotImplementedError

    def about(self, entry: ChangeLog) -> Params:
        """The parameters that `is_ours` needs, from the log."""
        return {}


def number(params: Params, name: str, refusal: str) -> int:
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRecord(refusal, field=name)
    return value


class SetLink(Action):
    """A row of a dictionary, or none of them."""

    verb = "change"

    def __init__(self, key: str, title: str) -> None:
        self.key, self.title = key, title
        self.fields = frozenset({key})

    def prepare(self, params: Params) -> dict[str, Any]:
        value = params.get("value")
        COMPANY[self.key].write(Company(), value)
        return {"value": None if value in {None, ""} else int(str(value))}

    def words(self, params: Params) -> str:
        return COMPANY[self.key].show(params["value"])

    def write(self, one: One) -> Effect | None:
        old = COMPANY[self.key].read(one.company)
        new = one.params["value"]
        if old == new:
            return None
        saved = change_company(one.company.pk, Edit(one.actor, {self.key: new}, batch=one.batch))
        return Effect(old, new, saved.card.version, self.key)

    def take_back(self, one: One, entry: ChangeLog) -> None:
        change_company(one.company.pk, Edit(one.actor, {self.key: entry.old}, batch=one.batch))


class SetBranch(SetLink):
    """Cards stay with their responsible, who has moved: only those who set branches by hand may."""

    def check_right(self, actor: User, company: Company) -> None:
        super().check_right(actor, company)
        if not access.may_set_branch(actor):
            raise NotAllowed("Филиал меняет управляющий или администратор.")


class Spheres(Action):
    """One sphere is added or removed; the others are not looked at."""

    verb = "change"
    fields = frozenset({"spheres"})

    def __init__(self, key: str, title: str, *, adds: bool) -> None:
        self.key, self.title, self.adds = key, title, adds

    def prepare(self, params: Params) -> dict[str, Any]:
        sphere = number(params, "value", "Выберите сферу.")
        model = COMPANY["spheres"].model
        if model is None or not model._default_manager.filter(pk=sphere).exists():
            raise BadRecord("Не найдено.", field="value")
        return {"value": sphere}

    def words(self, params: Params) -> str:
        return COMPANY["spheres"].show(params["value"])

    def is_ours(self, change: FieldChange, what: Params) -> bool:
        return what["value"] in set(change.old or []) ^ set(change.new or [])

    def write(self, one: One) -> Effect | None:
        sphere = one.params["value"]
        version = self._set(one, sphere, adds=self.adds)
        if version is None:
            return None
        return Effect(None, sphere, version, "spheres", Op.ADD if self.adds else Op.DELETE)

    def take_back(self, one: One, entry: ChangeLog) -> None:
        self._set(one, int(str(entry.new)), adds=entry.op != Op.ADD)

    def about(self, entry: ChangeLog) -> Params:
        return {"value": entry.new}

    @staticmethod
    def _set(one: One, sphere: int, *, adds: bool) -> int | None:
        """The card's new version; None when there was nothing to do."""
        known = set(one.company.spheres.values_list("pk", flat=True))
        wanted = known | {sphere} if adds else known - {sphere}
        if wanted == known:
            return None
        edit = Edit(one.actor, {"spheres": sorted(wanted)}, batch=one.batch)
        return change_company(one.company.pk, edit).card.version
