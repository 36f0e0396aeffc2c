"""All rows against all cards, in portions that lock nothing for long."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Model, QuerySet

from companies.models import Company, Contact
from companies.search import index, vocabulary


def rebuild(*, check: bool) -> Iterator[str]:
    """A line for each row that differs from its card; without `check` the row is written anew, then words are counted.

    Safe beside writers and when repeated: every portion of cards is locked, compared and let go.
    """
    for ids in _portions(Company.objects.all()):
        yield from index.differences(ids, [], is_mended=not check)
    for ids in _portions(Contact.objects.all()):
        yield from index.differences([], ids, is_mended=not check)
    if not check:
        vocabulary.recount()


def _portions[M: Model](rows: QuerySet[M, M]) -> Iterator[list[int]]:
    last = 0
    while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: index.CHUNK]):
        yield ids
        last = ids[-1]
