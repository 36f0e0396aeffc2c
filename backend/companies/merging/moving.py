"""Everything that hangs on the loser goes to the winner, each kind of row by its policy."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q

from accounts.models import User
from audit.models import Source
from audit.trail import Change
from companies.edits import effects, requests
from companies.edits.effects import Card
from companies.edits.numbers import Row
from companies.merging import numbers
from companies.merging.log import Log
from companies.merging.policies import Policy, Relation, relations
from companies.merging.rows import dump
from companies.models import ClosedBy, Company, Contact, NotDuplicate, RequestStatus

MOVING = frozenset({Policy.MOVE, Policy.NUMBERS, Policy.REQUESTS, Policy.TREE})


def count_children(card: Card) -> dict[str, int]:
    """Rows that would move, by their words; kinds without any are left out."""
    found: dict[str, int] = {}
    for relation in relations(type(card)):
        if relation.policy in MOVING:
            count = relation.model._base_manager.filter(**{relation.field: card.pk}).count()
            found[relation.words] = found.get(relation.words, 0) + count
    return {words: count for words, count in found.items() if count}


def move_children(log: Log, winner: Card, loser: Card, *, actor: User | None, source: Source) -> None:
    """Both cards are locked, so no row can come to the loser meanwhile."""
    for relation in relations(type(winner)):
        if relation.policy == Policy.MOVE:
            _move(log, relation, winner, loser)
        elif relation.policy == Policy.NUMBERS:
            model = cast("type[Row]", relation.model)
            numbers.join(log, model, relation.field, winner.pk, loser.pk)
        elif relation.policy == Policy.REQUESTS:
            _end_requests(log, relation, loser)
            _move(log, relation, winner, loser)
    if isinstance(winner, Company) and isinstance(loser, Company):
        _union_spheres(log, winner, loser)
        _union_pairs(log, winner, loser)
        _move_branches(log, winner, loser, actor=actor, source=source)


def _move(log: Log, relation: Relation, winner: Card, loser: Card) -> None:
    if relation.model is Contact:
        _step_down(log, winner, loser)
    rows = relation.model._base_manager.filter(**{relation.field: loser.pk})
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    if pks:
        rows.update(**{relation.field: winner.pk}, **relation.touch)
        log.moved(relation.model, relation.field, pks)


def _step_down(log: Log, winner: Card, loser: Card) -> None:
    """The primary contact stays the winner's; without one the loser's keeps its place."""
    rows = Contact.objects.filter(is_primary=True, deleted_at__isnull=True)
    if not rows.filter(company_id=winner.pk).exists():
        return
    for contact in rows.filter(company_id=loser.pk):
        old = dump(contact, ("is_primary",))
        rows.filter(pk=contact.pk).update(is_primary=False)
        contact.is_primary = False
        log.changed(contact, old)


def _end_requests(log: Log, relation: Relation, loser: Card) -> None:
    """Requests about a card that is gone end; their authors are told."""
    pending = relation.model._default_manager.filter(company_id=loser.pk, status=RequestStatus.PENDING)
    names = ("status", "closed_by", "decided_at")
    before = [(row.pk, dump(row, names)) for row in pending]
    requests.close_by_system(cast("Any", pending), ClosedBy.MERGED)
    for pk, old in before:
        log.changed(relation.model._default_manager.get(pk=pk), old)


def _union_spheres(log: Log, winner: Company, loser: Company) -> None:
    mine = set(winner.spheres.values_list("pk", flat=True))
    more = sorted(set(loser.spheres.values_list("pk", flat=True)) - mine)
    if more:
        winner.spheres.add(*more)
        log.added(Company.spheres.through, "spheres", more)


def _union_pairs(log: Log, winner: Company, loser: Company) -> None:
    """«Не дубликат» of the loser holds for the winner; a pair of the two themselves has lost its point."""
    for pair in NotDuplicate.objects.filter(Q(a=loser) | Q(b=loser)):
        log.dropped(pair)
        pair.delete()
        other = pair.b_id if pair.a_id == loser.pk else pair.a_id
        if other == winner.pk:
            continue
        first, second = sorted((winner.pk, other))
        facts = {"by_id": pair.by_id, "reasons": pair.reasons, "at": pair.at}
        made, is_new = NotDuplicate.objects.get_or_create(a_id=first, b_id=second, defaults=facts)
        if is_new:
            log.added(NotDuplicate, "pair", [made.pk])


def _move_branches(log: Log, winner: Company, loser: Company, *, actor: User | None, source: Source) -> None:
    """Companies below the loser stand below the winner; deleted ones too: they come back there."""
    pks = []
    for company in Company.objects.select_for_update(of=("self",)).filter(head_company=loser).order_by("pk"):
        pks.append(company.pk)
        effects.write(company, version=company.version, columns={"head_company": winner})
        change = Change("head_company", loser.pk, winner.pk)
        effects.leave_trail(company, [change], actor=actor, source=source, batch=log.merge.batch)
    if pks:
        log.moved(Company, "head_company", pks)
