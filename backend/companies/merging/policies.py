"""What happens to each kind of row that points at a card when the card goes into another one.

Upper rooms bring theirs in AppConfig.ready(); a relation without a policy fails a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.db import models
from django.db.models import F

from companies.models import Company, Contact

Touch = Mapping[str, Any]
NOTHING: Touch = MappingProxyType({})


class Policy(StrEnum):
    """MOVE: points at the winner afterwards. NUMBERS: the same, equal ones become one. UNION: a set of pairs.

    REQUESTS: move, pending ones end. TREE: below the winner afterwards. KEEP: stays as it is, by design.
    """

    MOVE = "move"
    NUMBERS = "numbers"
    UNION = "union"
    REQUESTS = "requests"
    TREE = "tree"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Relation:
    """`words` name the rows for people ('': not worth a line); `touch` are columns written along with a move."""

    model: type[models.Model]
    field: str
    policy: Policy
    words: str = ""
    touch: Touch = NOTHING

    @property
    def label(self) -> str:
        return self.model._meta.label


VERSION: Touch = MappingProxyType({"version": F("version") + 1})
_rules: dict[str, tuple[Policy, str, Touch]] = {
    "companies.Contact.company": (Policy.MOVE, "Контакты", VERSION),
    "companies.CompanyNote.company": (Policy.MOVE, "Заметки", NOTHING),
    "companies.CompanyNote.contact": (Policy.MOVE, "Заметки", NOTHING),
    "companies.PhoneNumber.company": (Policy.NUMBERS, "Телефоны", NOTHING),
    "companies.PhoneNumber.contact": (Policy.NUMBERS, "Телефоны", NOTHING),
    "companies.EmailAddress.company": (Policy.NUMBERS, "E-mail", NOTHING),
    "companies.EmailAddress.contact": (Policy.NUMBERS, "E-mail", NOTHING),
    "companies.ExternalRef.company": (Policy.MOVE, "Связи с другими системами", NOTHING),
    "companies.ExternalRef.contact": (Policy.MOVE, "Связи с другими системами", NOTHING),
    "companies.Company.head_company": (Policy.TREE, "Подчинённые компании", NOTHING),
    "companies.Company_spheres.company": (Policy.UNION, "Сферы", NOTHING),
    "companies.NotDuplicate.a": (Policy.UNION, "", NOTHING),
    "companies.NotDuplicate.b": (Policy.UNION, "", NOTHING),
    "companies.CompanyLeadStateRequest.company": (Policy.REQUESTS, "Запросы о состоянии", NOTHING),
    "companies.CompanyDeletionRequest.company": (Policy.REQUESTS, "Запросы об удалении", NOTHING),
    # cards that went into this one earlier: addresses lead on by the log of merges
    "companies.Company.merged_into": (Policy.KEEP, "", NOTHING),
    "companies.Contact.merged_into": (Policy.KEEP, "", NOTHING),
    # derived from the cards, written anew
    "companies.SearchRow.company": (Policy.KEEP, "", NOTHING),
    "companies.SearchRow.contact": (Policy.KEEP, "", NOTHING),
}


def register(name: str, policy: Policy, words: str = "", *, touch: Touch = NOTHING) -> None:
    """`name` is «app.Model.field» of a key to a company or contact in an upper room. A repeat changes nothing."""
    _rules[name] = (policy, words, touch)


def pointing_at(model: type[models.Model]) -> Iterator[tuple[str, Any, str]]:
    """Every key to `model`, hidden ones and tables between included: («app.Model.field», model, field)."""
    fields: Any = model._meta.get_fields(include_hidden=True)
    for relation in fields:
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            source, name = relation.related_model, relation.field.name
            yield f"{source._meta.label}.{name}", source, name


def missing() -> list[str]:
    """Keys to a card that nobody has thought of; rows that a merge drops must not be pointed at at all."""
    known = [name for model in (Company, Contact) for name, _, _ in pointing_at(model) if name not in _rules]
    dropped = {rel.model for rel in (*relations(Company), *relations(Contact)) if rel.policy == Policy.NUMBERS}
    return known + [name for model in dropped for name, _, _ in pointing_at(model)]


def relations(model: type[models.Model]) -> list[Relation]:
    """What hangs on a card of this kind, in a stable order."""
    found = []
    for name, source, field_name in pointing_at(model):
        if name in _rules:
            policy, words, touch = _rules[name]
            found.append(Relation(source, field_name, policy, words, touch))
    return sorted(found, key=lambda relation: (relation.label, relation.field))
