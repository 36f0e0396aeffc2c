"""What runs by the clock: one row a task, with its lock and its last result."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class PeriodicRun(models.Model):
    """The lock and the memory of one periodic task. Tasks stay correct without the lock; it saves double work."""

    name = models.CharField("задача", max_length=80, primary_key=True)
    interval_s = models.PositiveIntegerField("каждые, с")
    lock_until = models.DateTimeField(db_default=Now())
    token = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField("начата", null=True)
    finished_at = models.DateTimeField("закончена", null=True)
    ok_at = models.DateTimeField("успешна", null=True)
    rows = models.PositiveIntegerField("строк", default=0)
    error = models.CharField("ошибка", max_length=300, blank=True)
    failures = models.PositiveIntegerField("неудач подряд", default=0)

    class Meta:
        verbose_name = "периодическая задача"
        verbose_name_plural = "периодические задачи"

    def __str__(self) -> str:
        return self.name
