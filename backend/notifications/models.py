"""The bell."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Kind(models.TextChoices):
    INFO = "info", "Сообщение"
    TASK = "task", "Задача"
    COMPANY = "company", "Компания"
    CALL = "call", "Звонок"
    SYSTEM = "system", "Система"


class Notification(models.Model):
    """One line of the bell; `dedupe_key` makes a repeat harmless."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INFO)
    url = models.CharField(max_length=300, blank=True)
    entity_type = models.CharField(max_length=40, blank=True)
    entity_id = models.CharField(max_length=64, blank=True)
    priority = models.SmallIntegerField(default=0)
    dedupe_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 (NULL is «never the same»)
    is_read = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "dedupe_key"],
                name="notification_dedupe",
                condition=Q(dedupe_key__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_user_at"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(is_read=False)),
        ]

    def __str__(self) -> str:
        return self.title


class CompanyContractReminder(models.Model):
    """Remembers that a person was told that a contract ends, so that nobody is told twice (N-2)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    company_id = models.BigIntegerField()
    contract_until = models.DateField()
    days_before = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "company_id", "contract_until", "days_before"], name="contract_reminder_once"
            )
        ]
