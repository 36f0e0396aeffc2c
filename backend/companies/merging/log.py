"""The log of one merge, written while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from companies.merging.rows import dump
from companies.models import Merge, MergeEntry, MergeOp

PIECE = 5_000


class Log:
    def __init__(self, merge: Merge) -> None:
        self.merge = merge

    def moved(self, model: type[models.Model], field: str, pks: Iterable[Any]) -> None:
        """Rows whose `field` points at the winner now."""
        plain = [pk if isinstance(pk, int) else str(pk) for pk in pks]
        for start in range(0, len(plain), PIECE):
            self._add(MergeOp.MOVED, model, field, plain[start : start + PIECE])

    def changed(self, row: models.Model, old: Mapping[str, Any], field: str = "") -> None:
        """Columns of a row, which holds the new values."""
        self._add(MergeOp.CHANGED, type(row), field, [row.pk], old=dict(old), new=dump(row, old))

    def dropped(self, row: models.Model) -> None:
        self._add(MergeOp.DROPPED, type(row), "", [row.pk], old=dump(row))

    def added(self, model: type[models.Model], field: str, pks: Iterable[int]) -> None:
        self._add(MergeOp.ADDED, model, field, list(pks))

    def _add(self, op: MergeOp, model: type[models.Model], field: str, pks: list[Any], **values: Any) -> None:
        MergeEntry.objects.create(merge=self.merge, op=op, model=model._meta.label, field=field, pks=pks, **values)
