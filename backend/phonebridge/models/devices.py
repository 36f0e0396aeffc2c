"""Phones, the processes that hold them, and what they tell about themselves."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.ids import uuid7
from phonebridge.enums import TelemetryType


class ServerProcess(models.Model):
    """A server process that holds sockets; it beats, and who stopped beating holds nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    host = models.CharField(max_length=120, blank=True)
    pid = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class DeviceQuerySet(models.QuerySet["PhoneDevice"]):
    def usable(self) -> Self:
        return self.filter(revoked_at__isnull=True)


class PhoneDevice(models.Model):
    """One installation of the dialer with one person.

    `connection_id` fences sockets: whoever finds another value there has been replaced.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="phone_devices", verbose_name="сотрудник"
    )
    device_id = models.CharField("номер устройства", max_length=64)
    instance = models.CharField("установка", max_length=64, blank=True)
    device_name = models.CharField("устройство", max_length=120, blank=True)
    platform = models.CharField("платформа", max_length=40, blank=True)
    app_version = models.CharField("версия", max_length=40, blank=True)
    is_primary = models.BooleanField("основной", default=False)
    encryption_enabled = models.BooleanField("хранилище зашифровано", null=True, blank=True)

    connection_id = models.UUIDField("соединение", null=True, blank=True)
    process = models.ForeignKey(
        ServerProcess, models.SET_NULL, null=True, blank=True, related_name="devices", verbose_name="процесс сервера"
    )
    connected_at = models.DateTimeField("соединился", null=True, blank=True)
    disconnected_at = models.DateTimeField("отсоединился", null=True, blank=True)
    rtt_ms = models.PositiveIntegerField("задержка, мс", null=True, blank=True)

    created_at = models.DateTimeField("добавлен", db_default=Now())
    last_seen_at = models.DateTimeField("был на связи", null=True, blank=True)
    last_poll_at = models.DateTimeField("последний опрос", null=True, blank=True)
    last_heartbeat_at = models.DateTimeField("последний отчёт о себе", null=True, blank=True)
    last_ip = models.GenericIPAddressField("адрес", null=True, blank=True)
    last_error_code = models.CharField("код последней ошибки", max_length=40, blank=True)
    last_error_message = models.CharField("последняя ошибка", max_length=300, blank=True)
    queue_stuck = models.BooleanField("очередь стоит", default=False)
    stuck_count = models.PositiveIntegerField("в очереди", default=0)
    oldest_stuck_age_s = models.PositiveIntegerField("старшему в очереди, с", default=0)
    stuck_by_type = models.JSONField("что в очереди", default=dict, blank=True)
    battery_percent = models.PositiveSmallIntegerField("заряд, %", null=True, blank=True)
    network = models.CharField("сеть", max_length=20, blank=True)
    permissions = models.JSONField("разрешения", default=dict, blank=True)
    sims = models.JSONField("SIM-карты", default=list, blank=True)
    revoked_at = models.DateTimeField("отозван", null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = "телефон сотрудника"
        verbose_name_plural = "телефоны сотрудников"
        constraints = [
            models.UniqueConstraint(fields=["user", "device_id"], name="device_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_primary=True), name="device_one_primary"),
        ]
        indexes = [models.Index(fields=["process"], name="device_process", condition=Q(connection_id__isnull=False))]

    def __str__(self) -> str:
        return self.device_name or self.device_id


class PhoneTelemetry(models.Model):
    device = models.ForeignKey(PhoneDevice, models.CASCADE, related_name="telemetry")
    type = models.CharField(max_length=8, choices=TelemetryType, default=TelemetryType.OTHER)
    endpoint = models.CharField(max_length=200, blank=True)
    http_code = models.IntegerField(null=True, blank=True)
    value_ms = models.IntegerField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "телеметрия"
        verbose_name_plural = "телеметрия"
        indexes = [
            models.Index(fields=["device", "-created_at"], name="telemetry_device_at"),
            models.Index(fields=["-created_at"], name="telemetry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.endpoint}"


class PhoneLogBundle(models.Model):
    """A piece of the application's log; numbers and tokens are masked before it is stored."""

    device = models.ForeignKey(PhoneDevice, models.CASCADE, null=True, related_name="log_bundles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ts = models.CharField(max_length=40, blank=True)
    level_summary = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=120, blank=True)
    payload = models.TextField(blank=True)
    is_cut = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "журнал телефона"
        verbose_name_plural = "журналы телефонов"
        indexes = [models.Index(fields=["device", "-created_at"], name="logbundle_device_at")]

    def __str__(self) -> str:
        return f"{self.source} {self.level_summary}"


class MobileAppQrToken(models.Model):
    """A one-time log-in by QR; only its SHA-256 is stored (D16)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="qr_user_at")]

    def __str__(self) -> str:
        return f"QR {self.user}"


class MobileAppBuild(models.Model):
    """An application that phones install. The newest active one is offered, to `rollout_percent` of the phones first.

    Phones below `min_supported_code` are told that they must update.
    """

    version = models.CharField("версия", max_length=40, unique=True)
    version_code = models.PositiveIntegerField("номер версии", default=0)
    file = models.FileField("APK", upload_to="apk/")
    size_bytes = models.PositiveBigIntegerField("размер", default=0)
    sha256 = models.CharField(max_length=64)
    signer = models.CharField("подпись", max_length=64, blank=True)
    is_active = models.BooleanField("действует", default=True)
    min_supported_code = models.PositiveIntegerField("наименьшая поддерживаемая", default=0)
    rollout_percent = models.PositiveSmallIntegerField("доля телефонов, %", default=100)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "сборка приложения"
        verbose_name_plural = "сборки приложения"
        constraints = [
            models.UniqueConstraint(
                fields=["version_code"], condition=models.Q(version_code__gt=0), name="app_build_one_code"
            )
        ]

    def __str__(self) -> str:
        return self.version
