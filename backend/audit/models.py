"""The append-only trail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Verb(models.TextChoices):
    CREATE = "create", "создание"
    UPDATE = "update", "изменение"
    DELETE = "delete", "удаление"
    LOGIN = "login", "вход"
    LOGOUT = "logout", "выход"
    LOCKOUT = "lockout", "блокировка входа"
    VIEW_SENSITIVE = "view_sensitive", "просмотр"
    EXPORT = "export", "выгрузка"
    TRANSFER = "transfer", "передача"
    MERGE = "merge", "объединение"
    APPROVE = "approve", "решение"


class Source(models.TextChoices):
    UI = "ui", "сайт"
    API = "api", "API"
    MOBILE = "mobile", "телефон"
    IMPORT = "import", "импорт"
    SYSTEM = "system", "система"


class AuditLog(models.Model):
    """Who did what to which row; `meta` holds the difference."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="кто",
        db_index=False,  # an index of its own begins with it
    )
    verb = models.CharField("действие", max_length=20, choices=Verb)
    entity_type = models.CharField("вид записи", max_length=40)
    entity_id = models.CharField("номер записи", max_length=64, blank=True)
    message = models.CharField("что произошло", max_length=300, blank=True)
    meta = models.JSONField("подробности", default=dict, blank=True)
    source = models.CharField("откуда", max_length=10, choices=Source, default=Source.SYSTEM)
    ip = models.GenericIPAddressField("адрес", null=True, blank=True)
    request_id = models.CharField("номер запроса", max_length=64, blank=True)
    created_at = models.DateTimeField("когда", db_default=Now())

    class Meta:
        verbose_name = "запись журнала"
        verbose_name_plural = "журнал действий"
        indexes = [
            models.Index(fields=["actor", "-created_at"], name="audit_actor_at"),
            models.Index(fields=["entity_type", "entity_id", "-created_at"], name="audit_entity_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.message or self.entity_type}"


class FieldChange(models.Model):
    """One field of one row changed: the row's version afterwards, both values as plain JSON.

    «What changed since version V» is one query; `batch` names the job whose undo may take the change back.
    """

    entity_type = models.CharField(max_length=40)
    entity_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source, default=Source.SYSTEM)
    batch = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "изменение поля"
        verbose_name_plural = "изменения полей"
        indexes = [models.Index(fields=["entity_type", "entity_id", "version"], name="fieldchange_entity")]

    def __str__(self) -> str:
        return f"{self.entity_type} {self.entity_id}: {self.field}"
