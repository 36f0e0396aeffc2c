"""Outcomes of the dictionary become one; every card that was filled keeps an outcome."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from companies.edits.fields import NotAllowed
from phonebridge.models import AfterCall, Outcome
from phonebridge.models.after import NOT_REACHED


class BadMerge(DomainError):
    code = "bad_merge"


def usage(values: Sequence[Outcome]) -> dict[int, int]:
    """Cards that hold each value."""
    rows = AfterCall.objects.filter(outcome__in=[value.pk for value in values]).order_by().values("outcome_id")
    held = {row["outcome_id"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return {value.pk: held.get(value.pk, 0) for value in values}


@transaction.atomic
def merge_outcomes(*, actor: User, keep: Outcome, gone: Sequence[Outcome], source: Source = Source.UI) -> int:
    """Cards of `gone` hold `keep` afterwards, then those are erased; returns how many cards changed.

    Effects of `keep` are not made up for. Raises NotAllowed, BadMerge.
    """
    if not actor.is_admin:
        raise NotAllowed("Справочники меняет администратор.")
    others = [value for value in gone if value.pk != keep.pk]
    if not others:
        raise BadMerge("Выберите два значения или больше, и одно из них оставьте.", field="keep")
    if any(value.code == NOT_REACHED for value in others):
        raise BadMerge("Этот итог система ставит сама: его можно только оставить.", field="keep")
    changed = AfterCall.objects.filter(outcome__in=others).update(outcome=keep)
    Outcome.objects.filter(pk__in=[value.pk for value in others]).delete()
    names = ", ".join(f"«{value}»" for value in others)
    log_event(
        actor=actor,
        verb=Verb.MERGE,
        entity_type="outcome",
        entity_id=keep.pk,
        message=f"{names} → «{keep}», итогов: {changed}"[:300],
        source=source,
    )
    return changed
