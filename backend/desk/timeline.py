"""The history of a card: lines of all apps, merged newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import User
from common.timeline import Cursor, Item
from companies import changes
from companies import timeline as notes
from phonebridge import timeline as calls

type Source = Callable[[Sequence[int], User, Cursor | None, int], list[Item]]

SOURCES: dict[str, Source] = {
    calls.KIND: calls.timeline_items,
    notes.KIND: notes.timeline_items,
    changes.KIND: changes.timeline_items,
}
PAGE = 30


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page; `next` is where the following one begins, or None at the end."""

    items: list[Item]
    next: Cursor | None


def timeline(
    company_ids: Sequence[int], viewer: User, *, kind: str = "", before: Cursor | None = None, limit: int = PAGE
) -> Timeline:
    """One query a source. The caller has checked that `viewer` sees these cards."""
    sources = [SOURCES[kind]] if kind in SOURCES else list(SOURCES.values())
    found = [item for source in sources for item in source(company_ids, viewer, before, limit + 1)]
    found.sort(key=lambda item: item.kind)
    found.sort(key=lambda item: item.moment, reverse=True)
    shown = found[:limit]
    return Timeline(shown, shown[-1].cursor if len(found) > limit else None)


def counts(company_ids: Sequence[int]) -> dict[str, int]:
    """Lines of each kind that is counted; changes are not."""
    return {calls.KIND: calls.count_items(company_ids), notes.KIND: notes.count_items(company_ids)}
