"""Kinds of jobs: what an app above registers in `AppConfig.ready()`, and what it gets and gives."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from django.db.models import Model, Q

from accounts.models import User
from common.errors import DomainError
from jobs.models import ChangeLog, Job, JobRow, Op, RowStatus, UndoStatus


class UnknownKind(DomainError):
    code = "unknown_kind"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row; `code` groups rows, `reason` is shown as written."""

    status: RowStatus
    code: str = ""
    reason: str = ""
    result: Any = None


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """What became of one entry of the log: taken back, or kept with the reason."""

    status: UndoStatus
    code: str = ""
    reason: str = ""


@dataclass(slots=True)
class Change:
    """A row of the table ChangeLog before it is stored."""

    job_id: uuid.UUID
    n: int
    model: str
    object_id: str
    op: Op
    field: str
    old: Any
    new: Any
    version: int | None


class ChangeRecorder:
    """Collects what the rows of one chunk change; it is stored, or forgotten, together with the chunk."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.entries: list[Change] = []

    def write(
        self,
        *,
        row: JobRow,
        op: Op,
        target: Model | tuple[str, object],
        field: str = "",
        old: Any = None,
        new: Any = None,
        version: int | None = None,
    ) -> None:
        """Note one change; `target` is the object, or its model's label and key."""
        label, key = (target._meta.label_lower, target.pk) if isinstance(target, Model) else target
        self.entries.append(Change(self.job.pk, row.n, label, str(key), op, field, old, new, version))

    def forget(self, from_: int) -> None:
        """Drop the entries from this place on: their row was rolled back."""
        del self.entries[from_:]


class Handler(Protocol):
    """The work of one kind. Subclass it: everything but `kind` and `apply` has a default.

    `apply` and `undo` run inside the chunk's transaction and must not commit, publish or call outwards before it
    does; between two statements they may not think for longer than a lease. A DomainError from `apply`, `undo` or
    `finish` fails the job with its sentence; any other exception is a crash of the chunk, which is tried three times.
    """

    kind: str
    chunk_size: int = 500
    # limits are counted over jobs of one group; "" is the kind itself
    group: str = ""
    is_exclusive: bool = False
    most_per_user: int | None = None
    most_running: int | None = None
    # None: what this kind does cannot be undone
    undo_within: timedelta | None = None

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        """Do these rows, in this order; one outcome a row. It is called with one row after a clash."""
        ...

    def undo(self, job: Job, entries: list[ChangeLog]) -> list[UndoOutcome]:
        """Take these entries back, newest first; one outcome an entry. Kept ones come again with the next undo."""
        return [UndoOutcome(UndoStatus.KEPT, "cannot_undo", "Такое изменение не отменяется.")] * len(entries)

    def finish(self, job: Job) -> None:
        """Once, in the transaction in which the job becomes done (phase `apply`) or undone (phase `undo`)."""
        return

    def stopped(self, job: Job) -> None:
        """Like `finish`, when the job is stopped or fails on its way: what was committed stays."""
        return

    def may_see(self, user: User) -> Q:
        """Which jobs of this kind an active person sees, as a condition over Job."""
        return Q(created_by=user)

    def may_manage(self, user: User) -> Q:
        """Which jobs of this kind a person may stop, resume and undo."""
        return Q(created_by=user)


@dataclass
class _Registry:
    handlers: dict[str, Handler] = field(default_factory=dict)


_registry = _Registry()


def register(handler: Handler) -> None:
    """Make a kind known; a second handler of the same kind is a defect."""
    known = _registry.handlers.get(handler.kind)
    if known is not None and type(known) is not type(handler):
        raise ValueError(f"two handlers of {handler.kind}")
    _registry.handlers[handler.kind] = handler


def handler_of(kind: str) -> Handler:
    """Raises UnknownKind."""
    found = _registry.handlers.get(kind)
    if found is None:
        raise UnknownKind("Такую работу эта версия программы не выполняет.")
    return found


def handlers() -> Iterable[Handler]:
    return tuple(_registry.handlers.values())


def group_of(handler: Handler) -> str:
    return handler.group or handler.kind
