"""Changes of a card and its people as lines of its history: who, which fields, what stood and what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q
from django.db.models import Model as Row

from accounts.models import User
from audit.models import AuditLog, FieldChange, Source
from common.timeline import Cursor, Item
from companies.edits.values import COMPANY, CONTACT, HIDDEN, Field, label_of
from companies.models import Company, Contact, LeadState

KIND = "change"
# of these the trail keeps rows or marks, not values of a field: its own sentence says more
IN_WORDS = frozenset({"cold", "do_not_call", "is_invalid", "deleted", "is_primary"})
SHOWN_CHARS = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One field: both values as people read them, «—» when empty."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What one act has changed. `words` stand instead of `parts` where no field tells it; `about` is whose it is."""

    by: str
    source: str
    about: str
    parts: tuple[Part, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Act:
    kind: str
    entity_id: int
    version: int
    at: datetime
    last: int

    @property
    def key(self) -> tuple[str, int, int]:
        return self.kind, self.entity_id, self.version


def timeline_items(company_ids: Sequence[int], viewer: User, before: Cursor | None, limit: int) -> list[Item]:
    """Acts on these cards, newest first; the first is that the card was made. A fixed number of queries."""
    acts = _acts(company_ids, before, limit)
    lines = _lines(acts, viewer)
    items = [Item(act.at, KIND, str(act.last), lines[act.key]) for act in acts]
    if len(items) < limit:
        items += _births(company_ids, before)
    return items[:limit]


def _acts(company_ids: Sequence[int], before: Cursor | None, limit: int) -> list[_Act]:
    """All fields under one version of one row are one act."""
    people = Contact.objects.filter(company_id__in=company_ids).values("pk")
    rows = FieldChange.objects.filter(
        Q(entity_type="company", entity_id__in=company_ids) | Q(entity_type="contact", entity_id__in=people)
    )
    acts = rows.values_list("entity_type", "entity_id", "version").annotate(at=Min("created_at"), last=Max("pk"))
    if before is not None:
        acts = acts.filter(_rest(before))
    return [_Act(*act) for act in acts.order_by("-at", "-last")[:limit]]


def _rest(before: Cursor) -> Q:
    """`Cursor.rest` over the columns of an act."""
    earlier, same = Q(at__lt=before.moment), Q(at=before.moment)
    if before.kind == KIND:
        return earlier | (same & Q(last__lt=int(before.id) if before.id.isdecimal() else 0))
    return earlier | same if before.kind < KIND else earlier


def _births(company_ids: Sequence[int], before: Cursor | None) -> list[Item]:
    companies = Company.objects.filter(pk__in=company_ids).select_related("created_by").order_by("-created_at")
    items = []
    for company in companies:
        by = company.created_by.label if company.created_by else ""
        item = Item(company.created_at, KIND, "0", ChangeLine(by, "", "", words="Карточка создана"))
        if before is None or _is_after(item, before):
            items.append(item)
    return items


def _is_after(item: Item, before: Cursor) -> bool:
    """True when the line stands further down than the cursor."""
    if item.moment != before.moment:
        return item.moment < before.moment
    return before.kind < KIND or (before.kind == KIND and before.id != "0")


def _lines(acts: Sequence[_Act], viewer: User) -> dict[tuple[str, int, int], ChangeLine]:
    changes: dict[tuple[str, int, int], list[FieldChange]] = {act.key: [] for act in acts}
    wanted = Q(pk__in=[])
    for kind in {act.kind for act in acts}:
        of_kind = [act for act in acts if act.kind == kind]
        ids, versions = {act.entity_id for act in of_kind}, {act.version for act in of_kind}
        wanted |= Q(entity_type=kind, entity_id__in=ids, version__in=versions)
    for row in FieldChange.objects.filter(wanted).select_related("actor").order_by("pk"):
        if (row.entity_type, row.entity_id, row.version) in changes:
            changes[row.entity_type, row.entity_id, row.version].append(row)
    shown = [row for rows in changes.values() for row in rows]
    names = _Names(shown, viewer)
    sentences = _sentences(shown)
    people = Contact.objects.in_bulk({act.entity_id for act in acts if act.kind == "contact"})
    return {
        act.key: replace(
            _line(changes[act.key], names, sentences),
            about=people[act.entity_id].full_name if act.kind == "contact" and act.entity_id in people else "",
        )
        for act in acts
    }


def _line(rows: list[FieldChange], names: _Names, sentences: dict[tuple[str, int, int], str]) -> ChangeLine:
    first = rows[0]
    by = first.actor.label if first.actor else ""
    source = Source(first.source).label if first.source in {Source.API, Source.IMPORT, Source.MOBILE} else ""
    if first.field.partition(":")[0] in IN_WORDS:
        said = sentences.get((first.entity_type, first.entity_id, first.version), "")
        return ChangeLine(by, source, "", words=said or label_of(Company, first.field))
    return ChangeLine(by, source, "", tuple(names.part(row) for row in rows))


def _sentences(rows: Iterable[FieldChange]) -> dict[tuple[str, int, int], str]:
    """The trail's own words of the same version, where the fields say too little; one query when there are any."""
    wanted = [row for row in rows if row.field.partition(":")[0] in IN_WORDS]
    if not wanted:
        return {}
    trail = AuditLog.objects.filter(
        entity_type__in={row.entity_type for row in wanted},
        entity_id__in={str(row.entity_id) for row in wanted},
        meta__version__in=[row.version for row in wanted],
    )
    return {(row.entity_type, int(row.entity_id), row.meta["version"]): row.message for row in trail}


class _Names:
    """Values of fields in words: names of all rows that they point to, read at once."""

    def __init__(self, rows: Iterable[FieldChange], viewer: User) -> None:
        wanted: dict[type[Row], set[int]] = {}
        for row in rows:
            field = field_of(row)
            if field is not None and field.model is not None:
                wanted.setdefault(field.model, set()).update(_ids(row.old), _ids(row.new))
        self.names = {model: _read(model, ids, viewer) for model, ids in wanted.items()}

    def part(self, row: FieldChange) -> Part:
        entity = Company if row.entity_type == "company" else Contact
        label = label_of(entity, row.field)
        return Part(label[:1].upper() + label[1:], self.show(row, row.old), self.show(row, row.new))

    def show(self, row: FieldChange, value: Any) -> str:
        field = field_of(row)
        if value in (None, "", []):
            return "—"
        if field is not None and field.model is not None:
            known = self.names.get(field.model, {})
            return ", ".join(known.get(pk, HIDDEN) for pk in sorted(_ids(value))) or "—"
        if field is not None:
            return _short(field.show(value))
        if row.field == "lead_state":
            return dict(LeadState.choices).get(str(value), str(value))
        if isinstance(value, dict):
            return _short(str(value.get("raw") or value.get("name") or "—"))
        return _short(str(value))


def field_of(row: FieldChange) -> Field | None:
    return (COMPANY if row.entity_type == "company" else CONTACT).get(row.field)


def _read(model: type[Row], ids: set[int], viewer: User) -> dict[int, str]:
    """Names of rows; of companies those that the viewer sees, for a head company may be somebody else's."""
    rows = Company.objects.visible_to(viewer) if model is Company else model._default_manager.all()
    found: dict[int, str] = {}
    for row in rows.filter(pk__in=ids):
        found[row.pk] = row.label if isinstance(row, User) else str(row)
    return found


def _ids(value: Any) -> set[int]:
    values = value if isinstance(value, list) else [value]
    return {int(one) for one in values if isinstance(one, int) and not isinstance(one, bool)}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1].rstrip() + "…"
