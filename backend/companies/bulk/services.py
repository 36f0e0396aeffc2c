"""Asking for bulk work: the selection is frozen when the person confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from common.errors import DomainError
from companies.bulk.catalog import action_of, is_for
from companies.bulk.handler import KIND
from companies.edits.fields import NotAllowed
from companies.listing import COMPANIES, read_filter, selection
from companies.models import Company, CompanyQuerySet
from jobs import services
from jobs.models import Job

# the set has changed under the person's eyes when it differs by more than both
MAY_DIFFER_ROWS, MAY_DIFFER_SHARE = 10, 0.01


class BadSelection(DomainError):
    """Nothing is chosen, or too much."""

    code = "bad_selection"


class CountChanged(DomainError):
    """Other cards than the person saw: to be confirmed again. `count` is the present number."""

    code = "count_changed"
    status = 409


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ticked rows, or the address of a list; `seen` is the number that the person was shown."""

    ids: tuple[int, ...] = ()
    query: str = ""
    is_whole: bool = False
    seen: int | None = None

    def rows(self, user: User, verb: str) -> CompanyQuerySet:
        """Companies in the order of their numbers. Raises UnknownFilter."""
        if self.is_whole:
            return selection(user, verb, self.query).order_by("pk")
        return Company.objects.allowed(user, verb).filter(pk__in=self.ids).order_by("pk")

    def kept(self, user: User) -> dict[str, Any]:
        """What the history says of it: the filter in its canonical form. Raises UnknownFilter."""
        return {"filter": read_filter(user, self.query, COMPANIES).meaning() if self.is_whole else None}


def count_chosen(*, user: User, chosen: Chosen, verb: str = "view") -> int:
    """How many companies that is now. Raises UnknownFilter, BadSelection."""
    count = chosen.rows(user, verb)[: settings.BULK_ROWS + 1].count()
    return _checked(count)


def start_bulk(*, actor: User, action: str, params: Mapping[str, Any], chosen: Chosen) -> Job:
    """Freeze the chosen cards with their versions and begin.

    Raises BadRecord, BadTarget, NotAllowed, UnknownFilter, BadSelection, CountChanged.
    """
    kind = action_of(action)
    if not is_for(actor, kind):
        raise NotAllowed("Ваша роль этого не позволяет.")
    said = kind.prepare(params)
    kept = {"action": action, "params": said, **chosen.kept(actor)}
    title = f"{kind.title}: {words}" if (words := kind.words(said)) else kind.title
    with transaction.atomic():
        job = services.create_job(actor=actor, kind=KIND, title=title, params=kept)
        freeze(job=job, rows=chosen.rows(actor, "view"), seen=chosen.seen)
        return services.start(job=job)


def freeze(*, job: Job, rows: CompanyQuerySet, seen: int | None) -> int:
    """The rows of a job, by one statement. Raises BadSelection, CountChanged."""
    most = settings.BULK_ROWS
    count = _checked(services.stage_selection(job=job, selection=rows[: most + 1], version="version"))
    check_seen(count, seen)
    return count


def check_seen(count: int, seen: int | None) -> None:
    """Raises CountChanged."""
    if seen is None:
        return
    differs = abs(count - seen)
    if differs > MAY_DIFFER_ROWS and differs > MAY_DIFFER_SHARE * seen:
        raise CountChanged(
            f"Пока вы выбирали, список изменился: теперь компаний {count}. Проверьте ещё раз.", count=count
        )


def _checked(count: int) -> int:
    most = settings.BULK_ROWS
    if count == 0:
        raise BadSelection("Не выбрано ни одной компании.")
    if count > most:
        raise BadSelection(f"За раз можно выбрать не больше {most} компаний. Сузьте фильтр.")
    return count
