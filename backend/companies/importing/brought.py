"""What a row gave the card that it made: people, numbers, addresses, notes. One entry of the log holds all of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Model, Q, Sum
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce

from companies.models import Contact
from jobs.handlers import Change
from jobs.models import ChangeLog, Job, Op

# label of a model → [key, the thing in words]
type Brought = dict[str, list[tuple[str, str]]]
PEOPLE = Contact._meta.label_lower


class _Length(Func):
    """Of a JSON list."""

    function = "jsonb_array_length"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **context)


def add(whole: Brought, thing: Model) -> None:
    whole.setdefault(_label(type(thing)), []).append((str(thing.pk), str(thing)))


@cache
def _label(model: type[Model]) -> str:
    """Django puts it together anew each time."""
    return model._meta.label_lower


def things(entry: ChangeLog) -> Iterator[tuple[str, str, str]]:
    """(label, key, words) of all that an entry of an import stands for, beside a card itself."""
    if entry.op == Op.ADD and not entry.field:
        yield entry.model, entry.object_id, str(entry.new)
    if entry.op == Op.CREATE:
        for label, found in (entry.new or {}).items():
            for key, words in found:
                yield label, key, words


def people_in(entry: Change) -> int:
    """How many people an entry that is not stored yet stands for."""
    if entry.op == Op.CREATE:
        return len((entry.new or {}).get(PEOPLE, ()))
    return int(entry.model == PEOPLE)


def people_of(job: Job) -> int:
    """How many people an import has added so far."""
    alone = Count("pk", filter=Q(op=Op.ADD, model=PEOPLE))
    brought = Sum(_Length(KeyTransform(PEOPLE, F("new"))), filter=Q(op=Op.CREATE))
    found = ChangeLog.objects.filter(job=job).aggregate(n=alone + Coalesce(brought, 0))
    return int(found["n"])
