"""How many rows a person has taken out on a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ExportDay(models.Model):
    """Counted up by one conditional UPDATE before anything is written (C-53)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField("день")
    rows = models.PositiveIntegerField("строк", default=0)

    class Meta:
        verbose_name = "выгрузка за день"
        verbose_name_plural = "выгрузки за день"
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="exportday_user_day")]

    def __str__(self) -> str:
        return f"{self.user}: {self.day:%d.%m.%Y}, {self.rows}"
