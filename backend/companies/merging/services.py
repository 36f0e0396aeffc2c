"""One card goes into another: in one transaction, with a log that undo reads (rules: docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.models import Source, Verb
from audit.trail import Change
from companies import access, records
from companies.edits import effects, tree
from companies.edits.effects import Card
from companies.edits.fields import NotAllowed, taken
from companies.edits.values import COMPANY, label_of
from companies.merging.choices import HEAD, LEAD, LOSER, Choice, columns_of, make_choices, table_of
from companies.merging.errors import BadMerge, Moved, TooBig
from companies.merging.log import Log
from companies.merging.moving import count_children, move_children
from companies.merging.numbers import COLD
from companies.merging.pairs import Pair, find_pair, fixed_fields, head_after
from companies.merging.rows import dump
from companies.models import CardKind, Company, Contact, Merge
from companies.search import index

SPHERES = COMPANY["spheres"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a person has confirmed.

    `versions` of winner and loser are those of the preview; `choices` say «winner» or «loser» by field.
    """

    actor: User
    winner_id: int
    loser_id: int
    versions: tuple[int, int]
    choices: Mapping[str, str] = field(default_factory=dict)
    source: Source = Source.UI


@dataclass(frozen=True, slots=True)
class Preview:
    pair: Pair
    choices: list[Choice]
    children: dict[str, int]


def preview(
    kind: str, *, actor: User, winner_id: int, loser_id: int, said: Mapping[str, str] | None = None
) -> Preview:
    """What would happen. Raises NotFound, NotAllowed, BadMerge, BadRecord, TooBig."""
    pair = find_pair(kind, actor, winner_id, loser_id)
    choices = make_choices(pair.winner, pair.loser, said or {}, viewer=actor, fixed=fixed_fields(pair))
    return Preview(pair, choices, _children(pair))


def merge_companies(order: Order) -> Merge:
    """Raises NotFound, NotAllowed, BadMerge, Moved, TooBig, Taken, BadRecord."""
    return _merge(CardKind.COMPANY, order)


def merge_contacts(order: Order) -> Merge:
    """The same for two people of one company."""
    return _merge(CardKind.CONTACT, order)


def _merge(kind: CardKind, order: Order) -> Merge:
    pair: Pair | None = None
    try:
        with transaction.atomic():
            pair = find_pair(kind, order.actor, order.winner_id, order.loser_id, lock=True)
            return _write(kind, pair, order)
    except IntegrityError as error:
        if pair is not None and "company_inn_kpp" in str(error):
            raise taken(order.actor, pair.winner) from error
        raise


def _write(kind: CardKind, pair: Pair, order: Order) -> Merge:
    winner, loser = pair.winner, pair.loser
    if (winner.version, loser.version) != order.versions:
        raise Moved("Карточки тем временем изменились: посмотрите ещё раз, что получится.")
    _children(pair)
    chosen = make_choices(winner, loser, order.choices, viewer=order.actor, fixed=fixed_fields(pair))
    _check_lead(order.actor, winner, chosen)
    merge = Merge.objects.create(
        kind=kind,
        winner_id=winner.pk,
        loser_id=loser.pk,
        winner_name=str(winner),
        loser_name=str(loser),
        by=order.actor,
    )
    log = Log(merge)
    _retire(winner, loser)
    changes = _write_winner(log, winner, loser, chosen)
    merge.winner_version = winner.version
    merge.save(update_fields=["winner_version"])
    spheres = SPHERES.read(winner) if isinstance(winner, Company) else None
    move_children(log, winner, loser, actor=order.actor, source=order.source)
    if isinstance(winner, Company) and SPHERES.read(winner) != spheres:
        changes.append(Change("spheres", spheres, SPHERES.read(winner)))
    if isinstance(winner, Company) and tree.is_too_deep(winner.pk):
        raise BadMerge(f"Не больше {tree.DEEPEST} уровней подчинения: сначала измените головные.", code="too_deep")
    _tell(merge, winner, loser, changes, order)
    return merge


def _children(pair: Pair) -> dict[str, int]:
    children = count_children(pair.loser)
    if sum(children.values()) > settings.MERGE_MAX_ROWS:
        raise TooBig(f"{pair.loser}: больше {settings.MERGE_MAX_ROWS} записей, объедините наоборот.")
    return children


def _check_lead(actor: User, winner: Card, chosen: list[Choice]) -> None:
    for choice in chosen:
        if choice.key == LEAD and choice.side == LOSER and choice.is_open and isinstance(winner, Company):
            verdict = access.can(actor, "lead_set", winner)
            if not verdict.ok:
                raise NotAllowed("Состояние меняет руководитель: оставьте своё.", code=verdict.code, field=LEAD)


def _retire(winner: Card, loser: Card) -> None:
    """The loser leaves before the winner takes its numbers: one pair of INN and KPP stands on one live card."""
    loser.merged_into_id = winner.pk
    if not effects.write(loser, version=loser.version, columns={"deleted_at": Now(), "merged_into_id": winner.pk}):
        raise AssertionError("the row is locked")


def _write_winner(log: Log, winner: Any, loser: Any, chosen: list[Choice]) -> list[Change]:
    """Chosen fields and what comes of both cards, as one new version; the trail is left by the caller."""
    table = table_of(winner)
    names = [name for c in chosen if c.side == LOSER and c.is_open for name in c.names]
    wanted = {name: {a: getattr(loser, a) for a in columns_of(loser, (name,))} for name in names}
    if isinstance(winner, Company):
        is_fixed, head = head_after(winner, loser)
        if is_fixed and head != winner.head_company_id:
            wanted[HEAD] = {"head_company_id": head}
    wanted |= _of_both(winner, loser)
    before = {name: table[name].read(winner) if name in table else None for name in wanted}
    columns: dict[str, Any] = {}
    for name, values in wanted.items():
        old = dump(winner, values)
        for attname, value in values.items():
            setattr(winner, attname, value)
        log.changed(winner, old, name)
        columns |= values
    columns |= derived(winner)
    if not effects.write(winner, version=winner.version, columns=columns):
        raise AssertionError("the row is locked")
    changes = [Change(n, before[n], table[n].read(winner)) for n in wanted if n in table]
    return changes + [Change(n, None, winner.lead_state) for n in wanted if n == LEAD]


def derived(card: Card) -> dict[str, Any]:
    """Columns that follow from the others."""
    if isinstance(card, Company):
        records.prepare_company(card)
        return {"folded": card.folded, "site_host": card.site_host}
    records.prepare_contact(card)
    return {"folded": card.folded}


def _of_both(winner: Card, loser: Card) -> dict[str, dict[str, Any]]:
    """What is never chosen: «не звонить» of either, the earliest mark, what was loaded; of people the first place."""
    found: dict[str, dict[str, Any]] = {}
    if loser.do_not_call and not winner.do_not_call:
        found["do_not_call"] = {"do_not_call": True}
    mine, theirs = winner.cold_marked_at, loser.cold_marked_at
    if theirs and (not mine or theirs < mine):
        found["cold"] = {name: getattr(loser, name) for name in COLD}
    if loser.raw_fields:
        found["raw_fields"] = {"raw_fields": {**_by_id(winner), **_by_id(loser)}}
    if isinstance(loser, Contact) and loser.is_primary and loser.company_id is not None:
        found["is_primary"] = {"is_primary": True}
    return found


def _by_id(card: Card) -> dict[str, Any]:
    raw: dict[str, Any] = card.raw_fields
    is_merged = bool(raw) and all(key.isdecimal() for key in raw)
    return raw if is_merged or not raw else {str(card.pk): raw}


def _tell(merge: Merge, winner: Card, loser: Card, changes: list[Change], order: Order) -> None:
    said = {"id": loser.pk, "name": str(loser)}
    message = f"Объединено: {loser} → {winner}"
    names = ", ".join(label_of(type(winner), c.field) for c in changes)
    for card, rows, words in (
        (winner, [*changes, Change("merged", None, said)], f"{message}. Взято: {names}" if names else message),
        (loser, [Change("merged_into", None, winner.pk)], message),
    ):
        effects.leave_trail(
            card,
            rows,
            actor=order.actor,
            source=order.source,
            verb=Verb.MERGE,
            batch=merge.batch,
            message=words[:300],
        )
    follow(winner, loser)
    if isinstance(winner, Contact) and isinstance(winner.company, Company):
        effects.bump(winner.company)
        change = Change("contacts", {"id": loser.pk, "name": str(loser)}, None)
        effects.leave_trail(winner.company, [change], actor=order.actor, source=order.source, batch=merge.batch)


def follow(winner: Card, loser: Card) -> None:
    """The search and open pages follow both cards."""
    if isinstance(winner, Company):
        index.refresh_companies([winner.pk, loser.pk])
        for card in (winner, loser):
            assert isinstance(card, Company)  # noqa: S101 (typing: both are of one kind)
            effects.recheck(card)
    else:
        index.refresh_contacts([winner.pk, loser.pk])
