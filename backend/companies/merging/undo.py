"""Taking a merge back within its days: the other card lives again, what people have done since stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import scope
from accounts.models import User
from audit.models import Source, Verb
from audit.trail import Change
from common.errors import DomainError
from companies.edits import effects, tree
from companies.edits.effects import Card
from companies.edits.fields import NotAllowed, NotFound, taken
from companies.edits.merge3 import unit_of
from companies.edits.rights import require
from companies.edits.values import UNITS, label_of
from companies.merging.choices import LEAD, table_of
from companies.merging.errors import TooLate, UndoFirst
from companies.merging.pairs import MODELS, Pair, lock_above
from companies.merging.returning import Return, later_changes
from companies.merging.rows import dangling, dump, load
from companies.merging.services import derived, follow
from companies.models import Company, Contact, Merge, MergeEntry, MergeOp

NEVER_BACK = "do_not_call"
# columns without a trail of their own: untouched when they hold what the merge wrote
QUIET = frozenset({"raw_fields", "is_primary"})


class Undone(DomainError):
    code = "undone"
    status = 409


@dataclass(frozen=True, slots=True)
class Report:
    """`kept` says in words what was not taken back."""

    merge: Merge
    loser: Card
    kept: list[str]


def undo_merge(*, actor: User, merge_id: int, source: Source = Source.UI) -> Report:
    """Raises NotFound, NotAllowed, Undone, TooLate, UndoFirst, Taken."""
    loser: Card | None = None
    try:
        with transaction.atomic():
            merge, pair = _found(actor, merge_id)
            loser = pair.loser
            return _write(merge, pair, actor, source)
    except IntegrityError as error:
        if loser is not None and "company_inn_kpp" in str(error):
            raise taken(actor, loser) from error
        raise


def preview_undo(*, actor: User, merge_id: int) -> Report:
    """The same work, rolled back. Raises as above."""
    with transaction.atomic():
        report = undo_merge(actor=actor, merge_id=merge_id)
        transaction.set_rollback(True)
    return report


def is_undoable(merge: Merge) -> bool:
    """By its age and state; rights and younger merges are looked at by the undo itself."""
    young = Merge.objects.filter(pk=merge.pk, at__gt=Now() - timedelta(days=settings.MERGE_UNDO_DAYS))
    return merge.undone_at is None and young.exists()


def _found(actor: User, merge_id: int) -> tuple[Merge, Pair]:
    merge = Merge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise NotFound("Не найдено.")
    model: Any = MODELS[merge.kind]
    pks = (merge.winner_id, merge.loser_id)
    lock_above(model, pks)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    _check_order(actor, merge)
    rows = model._default_manager.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    cards = {card.pk: card for card in rows}
    if not model._default_manager.visible_to(actor).filter(pk=merge.winner_id).exists():
        raise NotFound("Не найдено.")
    if merge.undone_at is not None:
        raise Undone("Объединение уже отменено.")
    loser = cards.get(merge.loser_id)
    if loser is None or not is_undoable(merge):
        raise TooLate(f"Отменить объединение можно в течение {settings.MERGE_UNDO_DAYS} дней.")
    _check_rights(actor, cards[merge.winner_id], loser)
    return merge, Pair(cards[merge.winner_id], loser)


def _check_order(actor: User, merge: Merge) -> None:
    """The youngest goes first."""
    live = Merge.objects.filter(kind=merge.kind, undone_at__isnull=True)
    onward = live.filter(loser_id=merge.winner_id).first()
    younger = live.filter(winner_id=merge.winner_id, pk__gt=merge.pk).order_by("-pk").first()
    first = onward or (younger if merge.undone_at is None else None)
    visible = MODELS[merge.kind]._default_manager.visible_to(actor)
    if first is not None and visible.filter(pk=first.winner_id).exists():
        words = f"Сначала отмените более позднее объединение: {first.loser_name} → {first.winner_name}."
        raise UndoFirst(words, merge=first.pk)


def _check_rights(actor: User, winner: Card, loser: Card) -> None:
    require(actor, "merge", winner)
    if isinstance(loser, Contact) and loser.company_id is not None:
        return
    if not scope.may(actor, "merge", owner_id=loser.responsible_id, branch_id=loser.branch_id):
        raise NotAllowed(f"{loser}: карточку вёл другой сотрудник, отменить может руководитель.", code="not_own")


def _write(merge: Merge, pair: Pair, actor: User, source: Source) -> Report:
    winner, loser = pair.winner, pair.loser
    entries = list(MergeEntry.objects.filter(merge=merge).order_by("-pk"))
    own = [e for e in entries if e.op == MergeOp.CHANGED and e.model == winner._meta.label and e.field]
    children = [entry for entry in entries if entry not in own]
    changes, kept = _write_winner(merge, winner, own)
    back = Return(merge, winner, loser, actor=actor, source=source)
    if isinstance(loser, Contact):
        _revive(loser)
    back.run(children)
    if isinstance(loser, Company):
        kept += _break_circle(winner, loser)
        _revive(loser)
    done = {"undone_at": Now(), "undone_by": actor}
    Merge.objects.filter(pk=merge.pk).update(**done)
    _tell(merge, winner, loser, changes, actor, source)
    merge.refresh_from_db()
    return Report(merge, loser, kept + [f"{words} — {count}" for words, count in back.kept.items()])


def _revive(loser: Any) -> None:
    columns: dict[str, Any] = {"deleted_at": None, "merged_into": None}
    if isinstance(loser, Contact) and loser.is_primary:
        others = Contact.objects.filter(company=loser.company_id, is_primary=True, deleted_at__isnull=True)
        if loser.company_id is not None and others.exclude(pk=loser.pk).exists():
            columns["is_primary"] = False
    if isinstance(loser, Company):
        columns["head_company_id"] = loser.head_company_id
    if not effects.write(loser, version=loser.version, columns=columns):
        raise AssertionError("the row is locked")
    loser.deleted_at = loser.merged_into = None


def _break_circle(winner: Company, loser: Company) -> list[str]:
    """People may have moved its head below it meanwhile."""
    above = loser.head_company_id
    if above is None or loser.pk not in tree.ancestors(above):
        return []
    loser.head_company_id = None
    return ["Головная компания второй карточки не восстановлена: получился бы круг"]


def _write_winner(merge: Merge, winner: Any, own: list[MergeEntry]) -> tuple[list[Change], list[str]]:
    """Columns of the winner that nobody has changed since, units as a whole."""
    edited = set(later_changes(merge).values_list("field", flat=True))
    table = table_of(winner)
    units = {entry.field: unit_of(entry.field, UNITS) for entry in own}
    stuck = {e.field for e in own if units[e.field] & edited or _is_stuck(winner, e)}
    back = [e for e in own if not any(other in stuck for other in units[e.field])]
    was = {e.field: table[e.field].read(winner) if e.field in table else e.new for e in back}
    columns: dict[str, Any] = {}
    for entry in back:
        values = load(type(winner), entry.old or {})
        for attname, value in values.items():
            setattr(winner, attname, value)
        columns |= values
    columns |= derived(winner)
    if not effects.write(winner, version=winner.version, columns=columns):
        raise AssertionError("the row is locked")
    changes = [Change(n, was[n], table[n].read(winner)) for n in was if n in table]
    changes += [Change(LEAD, None, winner.lead_state) for n in was if n == LEAD]
    kept = [label_of(type(winner), e.field) for e in own if e not in back and e.field not in QUIET]
    return changes, [f"{label}: осталось как есть" for label in dict.fromkeys(kept)]


def _is_stuck(winner: Card, entry: MergeEntry) -> bool:
    """What never goes back, what was changed without a trail, and values that no dictionary holds any more."""
    if entry.field == NEVER_BACK or dangling(type(winner), entry.old or {}):
        return True
    return dump(winner, entry.new or {}) != entry.new


def _tell(merge: Merge, winner: Card, loser: Card, changes: list[Change], actor: User, source: Source) -> None:
    said = {"id": loser.pk, "name": str(loser)}
    for card, rows in (
        (winner, [*changes, Change("merged", said, None)]),
        (loser, [Change("merged_into", winner.pk, None)]),
    ):
        effects.leave_trail(
            card,
            rows,
            actor=actor,
            source=source,
            verb=Verb.MERGE,
            batch=merge.batch,
            message=f"Объединение отменено: {loser} и {winner}"[:300],
        )
    follow(winner, loser)
