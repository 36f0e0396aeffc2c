"""Sums of past days, recomputed from the calls and never counted on (docs/architecture.md, «Статистика»).

Columns have the names of the call's, so that one condition cuts both. Days that are not sealed here, or that are
marked as changed, are read from the calls themselves.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from accounts.models import Branch, User


def _branch() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(Branch, models.CASCADE, null=True, related_name="+", db_index=False)


class CallDay(models.Model):
    """Calls of one person, branch, status and flow on one day."""

    counted_on = models.DateField()
    branch = _branch()
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    call_status = models.CharField(max_length=10)
    flow = models.CharField(max_length=8)
    n = models.PositiveIntegerField()
    timed = models.PositiveIntegerField()
    talk_s = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counted_on", "branch", "user", "call_status", "flow"],
                name="call_day_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.user_id} {self.call_status} {self.flow}: {self.n}"


class CallHour(models.Model):
    """Calls of one branch, hour, status and flow on one day."""

    counted_on = models.DateField()
    branch = _branch()
    counted_hour = models.PositiveSmallIntegerField()
    call_status = models.CharField(max_length=10)
    flow = models.CharField(max_length=8)
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counted_on", "branch", "counted_hour", "call_status", "flow"],
                name="call_hour_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on} {self.counted_hour}: {self.n}"


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
