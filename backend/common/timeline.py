"""Lines of a card's history: every app offers its own, desk/timeline.py merges them by keyset.

Order: newest first, then kind, then id, so that a page never repeats or loses a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `id` is the text of the row's key; `row` is what the template of this `kind` shows."""

    moment: datetime
    kind: str
    id: str
    row: object

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.moment, self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The line after which the next page begins."""

    moment: datetime
    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}~{self.kind}~{self.id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The cursor that a URL holds, or None when it holds none."""
        parts = text[:120].split("~")
        if len(parts) != 3 or not text.isprintable():
            return None
        try:
            moment = datetime.fromisoformat(parts[0])
        except ValueError:
            return None
        if moment.tzinfo is None or not 1970 < moment.year < 9000:
            return None
        return cls(moment, parts[1], parts[2])

    def rest(self, kind: str, column: str, key: object) -> Q:
        """Rows of `kind` that stand after this line; for its own kind `key` is its id in the column's type."""
        before = Q(**{f"{column}__lt": self.moment})
        same = Q(**{column: self.moment})
        if kind == self.kind:
            return before | (same & Q(pk__lt=key))
        return before | same if kind > self.kind else before
