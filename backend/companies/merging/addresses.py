"""Where a card that went into another one is to be found now."""

from __future__ import annotations

from companies.models import CardKind, Merge


def resolve(company_id: int) -> int | None:
    """The company at the end of the chain, also after the old card was erased; None when it never went anywhere."""
    return resolve_card(CardKind.COMPANY, company_id)


def resolve_card(kind: str, card_id: int) -> int | None:
    """The same for either kind of card."""
    seen = {card_id}
    found: int | None = None
    live = Merge.objects.filter(kind=kind, undone_at__isnull=True)
    while (step := live.filter(loser_id=found or card_id).values_list("winner_id", flat=True).first()) is not None:
        if step in seen:
            break
        seen.add(step)
        found = step
    return found
