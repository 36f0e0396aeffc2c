"""Kinds of jobs for tests only: they write branches and the trail, so a row that was done twice is seen twice."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from accounts.models import Branch, User
from audit.models import AuditLog, Verb
from audit.services import log_event
from common.errors import DomainError
from jobs import engine, services
from jobs.handlers import ChangeRecorder, Handler, RowOutcome, UndoOutcome, register
from jobs.models import ChangeLog, Job, JobRow, Op, RowStatus, UndoStatus

DONE, UNCHANGED, REFUSED = RowStatus.DONE, RowStatus.UNCHANGED, RowStatus.REFUSED
LATCH = 77_001


class Branches(Handler):
    """A row makes the branch `code`, or changes the city code of the branch that is there.

    Words of a row's input that steer it: `refuse`, `fail` (the job), `crash`, `wait` (for a lock that the test holds),
    `stall` (silence until a line comes on stdin), `orphan` (a foreign key to nothing).
    """

    kind = "test.branches"
    chunk_size = 4
    undo_within: timedelta | None = timedelta(days=7)

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        return [self.one(job, row, log) for row in rows]

    def one(self, job: Job, row: JobRow, log: ChangeRecorder) -> RowOutcome:
        obey(row.input)
        log_event(actor=None, verb=Verb.UPDATE, entity_type="test", entity_id=f"{job.pk}/{row.n}")
        if row.input.get("refuse"):
            return RowOutcome(REFUSED, row.input["refuse"], "Так нельзя.")
        if row.input.get("orphan"):
            User.objects.create(username=f"u{row.n}", branch_id=-1)
        code, area = str(row.input["code"]), str(row.input.get("area", ""))
        known = None if row.input.get("blind") else Branch.objects.filter(code=code).first()
        if known is None:
            made = Branch.objects.create(code=code, name=str(row.input.get("name", code)), area_code=area)
            log.write(row=row, op=Op.CREATE, target=made)
            return RowOutcome(DONE, "created", result={"id": made.pk})
        if known.area_code == area:
            return RowOutcome(UNCHANGED)
        log.write(row=row, op=Op.UPDATE, target=known, field="area_code", old=known.area_code, new=area)
        known.area_code = area
        known.save(update_fields=["area_code"])
        return RowOutcome(DONE, "updated")

    def undo(self, job: Job, entries: list[ChangeLog]) -> list[UndoOutcome]:
        return [self.take_back(job, entry) for entry in entries]

    def take_back(self, job: Job, entry: ChangeLog) -> UndoOutcome:
        log_event(actor=None, verb=Verb.DELETE, entity_type="test-undo", entity_id=f"{job.pk}/{entry.n}")
        branch = Branch.objects.get(pk=entry.object_id)
        if not branch.is_active:
            return UndoOutcome(UndoStatus.KEPT, "in_use", "Филиал закрыт.")
        if entry.op == Op.CREATE:
            branch.delete()
            return UndoOutcome(UndoStatus.UNDONE)
        if branch.area_code != entry.new:
            return UndoOutcome(UndoStatus.KEPT, "edited", "Изменено позже.")
        branch.area_code = str(entry.old)
        branch.save(update_fields=["area_code"])
        return UndoOutcome(UndoStatus.UNDONE)

    def finish(self, job: Job) -> None:
        log_event(actor=None, verb=Verb.UPDATE, entity_type="test-finish", entity_id=f"{job.pk}/{job.status}")

    def may_see(self, user: User) -> Q:
        """The author, and whoever leads the author's branch."""
        led = Q(created_by__branch=user.branch_id) if user.role == "sales_head" and user.branch_id else Q(pk=None)
        return Q(created_by=user) | led


class Exclusive(Branches):
    kind = "test.exclusive"
    group = "test.one"
    is_exclusive = True


class Crowded(Branches):
    """One of a person's and two altogether."""

    kind = "test.crowded"
    most_per_user, most_running = 1, 2


class Forever(Branches):
    kind = "test.forever"
    undo_within = None


class Wide(Branches):
    """As many rows a chunk as a real kind has."""

    kind = "test.wide"
    chunk_size = 500

    def apply(self, job: Job, rows: list[JobRow], log: ChangeRecorder) -> list[RowOutcome]:
        return [RowOutcome(DONE if row.n % 3 else REFUSED, "" if row.n % 3 else "third") for row in rows]


KINDS = (Branches(), Exclusive(), Crowded(), Forever(), Wide())
for _kind in KINDS:
    register(_kind)


class Killed(BaseException):
    """Nothing that anybody catches."""


def obey(words: dict[str, Any]) -> None:
    if words.get("fail"):
        raise DomainError("Файла больше нет.")
    if words.get("crash"):
        raise Killed
    if words.get("wait"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LATCH])
    if words.get("stall"):
        sys.stdout.write("stalled\n")
        sys.stdout.flush()
        sys.stdin.readline()


def codes(count: int, prefix: str = "b", **words: Any) -> list[services.Staged]:
    """Rows that make `count` branches."""
    return [services.Staged({"code": f"{prefix}{n}", **words}) for n in range(1, count + 1)]


def make(actor: User | None, rows: list[services.Staged], kind: str = "test.branches") -> Job:
    """A job with its rows staged, not started."""
    job = services.create_job(actor=actor, kind=kind, title="Проверка")
    services.stage_rows(job=job, rows=rows)
    return job


def begin(actor: User | None, rows: list[services.Staged], kind: str = "test.branches") -> Job:
    return services.start(job=make(actor, rows, kind))


def finished(job: Job) -> Job:
    """Run it as one worker would, turn after turn, until nothing is left to do."""
    while True:
        engine.run(job_id=job.pk)
        job.refresh_from_db()
        if not job.is_active:
            return job


def forget_lease(job: Job) -> None:
    """As if a lease's length had passed."""
    Job.objects.filter(pk=job.pk).update(lease_until=F("lease_until") - timedelta(hours=1))


def times(job: Job, what: str = "test") -> Counter[int]:
    """How often each row was done (or undone), by the trail."""
    found = AuditLog.objects.filter(entity_type=what, entity_id__startswith=f"{job.pk}/")
    return Counter(int(key.rpartition("/")[2]) for key in found.values_list("entity_id", flat=True))


def ends(job: Job, status: str) -> int:
    """How often the handler heard this end."""
    return AuditLog.objects.filter(entity_type="test-finish", entity_id=f"{job.pk}/{status}").count()


def state() -> list[tuple[str, str]]:
    """What a job of branches leaves, keys aside."""
    return sorted(Branch.objects.annotate(both=Concat("code", Value("/"), "name")).values_list("both", "area_code"))


def outcomes(job: Job) -> list[tuple[int, str, str]]:
    return list(JobRow.objects.filter(job=job).order_by("n").values_list("n", "status", "code"))


def changes(job: Job) -> list[tuple[int, str, str]]:
    return list(ChangeLog.objects.filter(job=job).order_by("pk").values_list("n", "op", "field"))


@contextmanager
def before_statement(act: Callable[[int], None]) -> Iterator[None]:
    """Call `act(k)` before the k-th statement of this connection, and `act(-k)` after it."""
    count = 0
    is_ours = False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count, is_ours
        if is_ours:  # what `act` itself asks
            return execute(sql, params, many, context)
        is_ours = True
        count += 1
        k = count
        try:
            act(k)
            found = execute(sql, params, many, context)
            act(-k)
        finally:
            is_ours = False
        return found

    with connection.execute_wrapper(wrapper):
        yield


def main(job_id: str) -> None:
    """A worker in a process of its own."""
    engine.run(job_id=uuid.UUID(job_id))
