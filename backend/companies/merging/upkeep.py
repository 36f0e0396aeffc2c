"""What merging does by the clock: late children follow their card, old logs and merged cards are erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from audit.models import Source
from companies.edits import deletion
from companies.merging.log import Log
from companies.merging.moving import MOVING, move_children
from companies.merging.pairs import MODELS, lock_above
from companies.merging.policies import relations
from companies.merging.services import follow
from companies.models import CardKind, Company, Contact, Merge, MergeEntry

PORTION = 500
ROUNDS = 5


def sweep() -> int:
    """What reached a card after it was merged away (a phone's report) goes on to the winner; returns how many cards.

    The steps join the merge's log, so undo gives them back to the card that they were meant for.
    """
    done = 0
    for _ in range(ROUNDS):
        late = [(kind, pk) for kind in MODELS for pk in _late(kind)]
        if not late:
            break
        done += sum(_follow(kind, pk) for kind, pk in late)
    return done


def _late(kind: str) -> list[int]:
    """Merged cards that something hangs on."""
    found: set[int] = set()
    for relation in relations(MODELS[kind]):
        if relation.policy in MOVING:
            rows = relation.model._base_manager.filter(**{f"{relation.field}__merged_into__isnull": False})
            found |= set(rows.values_list(f"{relation.field}_id", flat=True).distinct()[:PORTION])
    return sorted(found)


@transaction.atomic
def _follow(kind: str, loser_id: int) -> bool:
    merge = Merge.objects.filter(kind=kind, loser_id=loser_id, undone_at__isnull=True).first()
    if merge is None:
        return False
    model: Any = MODELS[kind]
    lock_above(model, (merge.winner_id, loser_id))
    rows = model._default_manager.select_for_update(of=("self",)).filter(pk__in=(merge.winner_id, loser_id))
    cards = {card.pk: card for card in rows.order_by("pk")}
    winner, loser = cards.get(merge.winner_id), cards.get(loser_id)
    if winner is None or loser is None or loser.merged_into_id != winner.pk:
        return False
    move_children(Log(merge), winner, loser, actor=None, source=Source.SYSTEM)
    follow(winner, loser)
    return True


def forget() -> int:
    """After the days of undo: the log goes, the merged card is erased; the row that leads on stays."""
    before = Now() - timedelta(days=settings.MERGE_UNDO_DAYS)
    old = MergeEntry.objects.filter(merge__at__lt=before).values_list("pk", flat=True)
    done, _ = MergeEntry.objects.filter(pk__in=list(old[: PORTION * 10])).delete()
    done += sum(deletion.purge_company(pk) for pk in _old_losers(CardKind.COMPANY, before))
    gone, _ = Contact.objects.filter(pk__in=_old_losers(CardKind.CONTACT, before)).delete()
    return done + gone


def _old_losers(kind: CardKind, before: Any) -> list[int]:
    rows: Any = MODELS[kind]._default_manager.filter(merged_into__isnull=False, deleted_at__lt=before)
    return list(rows.order_by("deleted_at", "pk").values_list("pk", flat=True)[:PORTION])


def purge_losers(company_id: int) -> None:
    """Cards that went into a card which is erased are erased with it."""
    for pk in list(Company.objects.filter(merged_into=company_id).values_list("pk", flat=True)):
        deletion.purge_company(pk)
