"""Everything that phones reported and people said, append-only, and what could not be matched."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from phonebridge.enums import Teller
from phonebridge.models.calls import CallRequest
from phonebridge.models.devices import PhoneDevice


class CallReport(models.Model):
    """One report as it came; `dedupe_key` is the phone's `report_id`, else a hash of the body."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="сотрудник")
    device = models.ForeignKey(PhoneDevice, models.SET_NULL, null=True, related_name="+", verbose_name="телефон")
    call = models.ForeignKey(CallRequest, models.SET_NULL, null=True, related_name="reports", verbose_name="звонок")
    dedupe_key = models.CharField("номер отчёта", max_length=100)
    transport = models.CharField("как пришёл", max_length=6, choices=Teller)
    body = models.JSONField("содержание")
    sent_at = models.DateTimeField("отправлен", null=True)
    received_at = models.DateTimeField("получен", db_default=Now())
    is_applied = models.BooleanField("применён", default=False)
    flags = models.JSONField("пометки", default=list)

    class Meta:
        verbose_name = "отчёт телефона"
        verbose_name_plural = "отчёты телефонов"
        constraints = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="report_once")]
        indexes = [models.Index(fields=["call", "received_at"], name="report_call")]

    def __str__(self) -> str:
        return f"{self.user}: {self.dedupe_key}"


class DeadReason(models.TextChoices):
    NO_ID = "no_id", "нет номера звонка"
    BAD_ID = "bad_id", "номер звонка не разобран"
    UNKNOWN_CALL = "unknown_call", "звонок не найден"
    FOREIGN_CALL = "foreign_call", "звонок другого сотрудника"
    NOT_AN_OBJECT = "not_an_object", "в теле не объект"


class DeadLetter(models.Model):
    """A report that matches nothing; an administrator attaches it, makes a call of it, or discards it."""

    report = models.OneToOneField(CallReport, models.PROTECT, related_name="dead_letter", verbose_name="отчёт")
    reason = models.CharField("причина", max_length=14, choices=DeadReason)
    created_at = models.DateTimeField("получен", db_default=Now())
    resolved_at = models.DateTimeField("разобран", null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто разобрал"
    )
    resolution = models.CharField("решение", max_length=10, blank=True)
    note = models.CharField("пояснение", max_length=300, blank=True)

    class Meta:
        verbose_name = "недоставленный отчёт"
        verbose_name_plural = "недоставленные отчёты"
        indexes = [models.Index(fields=["-created_at"], name="dead_open", condition=Q(resolved_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} · {self.created_at:%d.%m.%Y %H:%M}"
