"""The cards that a person has opened lately: what the palette shows before anything is typed.

Kept in the shared cache alone: they are a convenience, and whoever has lost sight of a card does not get it here.
"""

from __future__ import annotations

from django.core.cache import cache

from accounts.models import User
from companies.search.candidates import Candidate, Tier
from companies.search.cards import read
from companies.search.hits import Hit, hits
from companies.search.parse import Asked

SHOWN = 8
KEPT = 24
KEPT_S = 30 * 24 * 3600
NAME = "недавно"


def _key(viewer: User) -> str:
    return f"search:recent:{viewer.pk}"


def remember(viewer: User, company_id: int) -> None:
    """`viewer` has opened this card."""
    before: list[int] = cache.get(_key(viewer)) or []
    if before[:1] == [company_id]:
        return
    now = [company_id, *(pk for pk in before if pk != company_id)]
    cache.set(_key(viewer), now[:KEPT], KEPT_S)


def recent(viewer: User) -> tuple[Hit, ...]:
    """The last cards, newest first, that `viewer` still sees; at most eight."""
    ids: list[int] = cache.get(_key(viewer)) or []
    cards = read(viewer, [Candidate("company", pk, Tier.SAME_NAME, name=NAME) for pk in ids])
    return tuple(hits(cards[:SHOWN], Asked()))
