"""What several records have in common."""

from __future__ import annotations

from django.conf import settings
from django.db import models


def rare(field: str, name: str) -> models.Index:
    """An index of a relation that few rows have: the others need no entry in it."""
    return models.Index(fields=[field], name=name, condition=models.Q(**{f"{field}__isnull": False}))


class LeadState(models.TextChoices):
    COLD = "cold", "холодный"
    WARM = "warm", "тёплый"


class ColdMark(models.Model):
    """The mark «холодный звонок» {at, by, call}: a fact about this row alone; roll-ups are computed.

    `cold_marked_call` names a row of an upper room, so it is a plain UUID without a constraint.
    """

    cold_marked_at = models.DateTimeField("отмечен холодным", null=True, blank=True)
    cold_marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="кем",
        db_index=False,  # see `rare`
    )
    cold_marked_call = models.UUIDField("по звонку", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_cold_call(self) -> bool:
        return self.cold_marked_at is not None
