"""What a merge did, kept so that it can be taken back and so that old addresses lead on."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class CardKind(models.TextChoices):
    COMPANY = "company", "компании"
    CONTACT = "contact", "контакты"


class Merge(models.Model):
    """One card went into another. Plain numbers: the row outlives both cards and keeps old addresses alive.

    `winner_version` is the winner's version that the merge made; `batch` marks its rows in the trail of fields.
    """

    kind = models.CharField(max_length=8, choices=CardKind)
    winner_id = models.BigIntegerField()
    loser_id = models.BigIntegerField()
    winner_name = models.CharField(max_length=400)
    loser_name = models.CharField(max_length=400)
    winner_version = models.PositiveIntegerField(default=0)
    batch = models.UUIDField(default=uuid4)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "объединение"
        verbose_name_plural = "объединения"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "loser_id"], condition=Q(undone_at__isnull=True), name="merge_loser_once"
            ),
            models.CheckConstraint(condition=~Q(winner_id=F("loser_id")), name="merge_of_two_cards"),
        ]
        indexes = [models.Index(fields=["kind", "winner_id"], name="merge_winner")]

    def __str__(self) -> str:
        return f"{self.loser_name} → {self.winner_name}"


class MergeOp(models.TextChoices):
    MOVED = "moved", "перенесено"
    CHANGED = "changed", "изменено"
    DROPPED = "dropped", "убрано как повтор"
    ADDED = "added", "добавлено"


class MergeEntry(models.Model):
    """One step of a merge, in the order of its steps.

    MOVED: `pks` of `model` whose `field` pointed at the loser. CHANGED: columns `old` → `new` of the row `pks[0]`, of
    the winner under the name of its `field`. DROPPED: a whole row in `old`. ADDED: `pks` did not stand there before.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="entries")
    op = models.CharField(max_length=8, choices=MergeOp)
    model = models.CharField(max_length=80)
    field = models.CharField(max_length=60, blank=True)
    pks = models.JSONField(default=list)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        verbose_name = "шаг объединения"
        verbose_name_plural = "шаги объединений"
        ordering = ["pk"]
