"""A trial stands in nobody's way, however long it lasts.

It is one transaction that is rolled back at the end. What it locks, people would wait for until then: so it locks no
card and changes none, and its new cards stand outside of the rule «one INN and КПП, one company», where somebody who
makes the same company would meet them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from companies import records
from companies.importing.match import UNSEEN
from companies.importing.work import write
from companies.models import Company, LeadState
from jobs.models import ChangeLog, Job, Op


def hide(cards: Iterable[Company]) -> None:
    """New cards of a trial, before they are stored: a deleted card holds no INN."""
    for card in cards:
        card.deleted_at = UNSEEN


def correct(job: Job, cards: Mapping[int, Company]) -> None:
    """What earlier rows of the trial would have changed on cards that were there: it stands in the log alone."""
    keys = [str(pk) for pk in cards]
    said = ChangeLog.objects.filter(
        job=job, op=Op.UPDATE, model=Company._meta.label_lower, object_id__any_of=keys
    ).order_by("pk")
    for entry in said:
        card = cards[int(entry.object_id)]
        if entry.field == "lead_state":
            card.lead_state = LeadState(str(entry.new))
        else:
            write(card, entry.field, entry.new)
        records.prepare_company(card)
