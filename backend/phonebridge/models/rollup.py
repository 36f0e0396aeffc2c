"""Sums of past days, recomputed from the calls and never counted on (docs/architecture.md, «Статистика»).

Columns have the names of the call's, so that one condition cuts both. Days that are not sealed here, or that are
marked as changed, are read from the calls themselves.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from accounts.models import Branch, User
from phonebridge.enums import CallStatus


def _branch() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(Branch, models.CASCADE, null=True, related_name="+", db_index=False)


FLOWS = ("outgoing", "incoming", "unknown")
STATUSES: tuple[str, ...] = tuple(CallStatus.values)
# One column a count: rows of (day, person) stay few, and a sum reads them as they lie.
DAY_COLUMNS = {f"{flow}_{status}": (flow, status) for flow in FLOWS for status in STATUSES}
HOUR_COLUMNS = {f"{way}_{status}": (way, status) for way in ("outgoing", "other") for status in STATUSES}


class CallDay(models.Model):
    """Calls of one person in one branch on one day: `DAY_COLUMNS` by flow and status; `n` is their sum."""

    counted_on = models.DateField()
    branch = _branch()
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    n = models.PositiveIntegerField()
    timed = models.PositiveIntegerField()
    talk_s = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counted_on", "branch", "user"], name="call_day_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.user_id}: {self.n}"


class CallHour(models.Model):
    """Calls of one branch in one local hour of one day: `HOUR_COLUMNS` by status, outgoing and other."""

    counted_on = models.DateField()
    branch = _branch()
    counted_hour = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counted_on", "branch", "counted_hour"], name="call_hour_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.counted_hour}:00"


for _model, _names in ((CallDay, DAY_COLUMNS), (CallHour, HOUR_COLUMNS)):
    for _name in _names:
        _model.add_to_class(_name, models.PositiveIntegerField(default=0))


class CallMix(models.Model):
    """Calls of one branch, status, resolve method and action source on one day."""

    counted_on = models.DateField()
    branch = _branch()
    call_status = models.CharField(max_length=10)
    resolve_method = models.CharField(max_length=8, null=True)  # noqa: DJ001 (as the call's)
    action_source = models.CharField(max_length=12, null=True)  # noqa: DJ001
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counted_on", "branch", "call_status", "resolve_method", "action_source"],
                name="call_mix_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.resolve_method} {self.action_source}: {self.n}"


class CallUnique(models.Model):
    """Different numbers of a closed month: over all branches or of one, of one person or of all (`user` NULL)."""

    month = models.DateField()
    is_whole = models.BooleanField()
    branch = _branch()
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", db_index=False)
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "is_whole", "branch", "user"], name="call_unique_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.month}: {self.n}"


class CallDayState(models.Model):
    """A sealed day: its sums stand in the tables above."""

    counted_on = models.DateField(primary_key=True)
    computed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.counted_on)


class CallDirty(models.Model):
    """A mark of a past day whose calls have changed since; a trigger of the database writes it (PostgreSQL).

    Append-only; the recompute deletes the marks that it has read.
    """

    id = models.BigAutoField(primary_key=True)
    counted_on = models.DateField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["counted_on"], name="call_dirty_on")]

    def __str__(self) -> str:
        return str(self.counted_on)
