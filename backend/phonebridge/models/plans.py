"""What a person is to do in a working day, and links by which a television shows the wallboard."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Branch, User

MOST = 1000


class CallPlan(models.Model):
    """Calls and connects of one working day, in force from `valid_from` until the next plan of the person."""

    user = models.ForeignKey(User, models.CASCADE, related_name="call_plans", verbose_name="сотрудник")
    valid_from = models.DateField("с какого дня")
    calls = models.PositiveIntegerField("звонков в день")
    connects = models.PositiveIntegerField("дозвонов в день")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "план звонков"
        verbose_name_plural = "планы звонков"
        constraints = [
            models.UniqueConstraint(fields=["user", "valid_from"], name="callplan_once"),
            models.CheckConstraint(condition=Q(calls__lte=MOST, connects__lte=MOST), name="callplan_bounds"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.calls} / {self.connects} с {self.valid_from:%d.%m.%Y}"


class WallLink(models.Model):
    """One television: reads the wallboard of one branch and nothing else. Only the hash of its token is stored."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="wall_links", verbose_name="филиал")
    name = models.CharField("где висит", max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    show_companies = models.BooleanField("показывать компании", default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "ссылка телевизора"
        verbose_name_plural = "ссылки телевизоров"

    def __str__(self) -> str:
        return f"{self.branch}: {self.name or 'телевизор'}"
