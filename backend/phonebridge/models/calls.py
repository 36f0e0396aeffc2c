"""The call: a command, its way to a phone, its result."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, GeneratedField, Q, Value, When
from django.db.models.functions import Now

from accounts import scope
from accounts.models import Branch, User
from accounts.scope import Columns
from common import statements
from common.clock import DEFAULT_ZONE
from common.ids import uuid7
from companies.models import Company, Contact
from phonebridge.enums import (
    ActionSource,
    CallStatus,
    Delivery,
    Direction,
    Origin,
    Phase,
    Reason,
    RejectReason,
    ResolveMethod,
    Status,
)
from phonebridge.models.devices import PhoneDevice

COLUMNS = Columns(owner="user", branch="branch")
LONGEST_TALK_S = 24 * 3600
# Commands that ended without a result (docs/call-analytics.md).
UNANSWERED = Q(
    closed_at__isnull=False, call_status__isnull=True, is_test=False, is_private=False, deleted_at__isnull=True
)
UNANSWERED_BY = ("user", "branch", "zone", "status", "is_unconfirmed")
# What statistics read of a call besides the columns that an index is ordered by.
COUNTED_BY = (
    "call_status",
    "flow",
    "resolve_method",
    "action_source",
    "talk_s",
    "counted_hour",
    "number_key",
    "counted_at",
)


class CallQuerySet(models.QuerySet["CallRequest"]):
    def visible_to(self, user: User) -> Self:
        """Calls of the person, of the branch stored on the call, or all: by role."""
        return self.filter(scope.allowed_q(user, "calls_view", COLUMNS))

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def offerable(self) -> Self:
        """Commands that a phone may still be offered, by the database's clock."""
        return self.open().filter(status=Status.PENDING, expires_at__gt=Now())

    def move(self, *, pk: uuid.UUID, where: Q, **changes: Any) -> CallRequest | None:
        """One conditional UPDATE with `rev` += 1; the row as it is now when this caller moved it."""
        return statements.move(self.filter(where, pk=pk), updated_at=Now(), **changes)


class CallRequest(models.Model):
    """One command to one person's phones, or one call that a phone told of by itself.

    The row is the truth: sockets and pages are hints that derive from it. `rev` grows in every UPDATE.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    origin = models.CharField("откуда", max_length=10, choices=Origin, default=Origin.CLICK)
    # No index of its own: two of those below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="calls", verbose_name="кто звонит", db_index=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="кто дал команду"
    )
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="филиал")
    zone = models.CharField("часовой пояс", max_length=64, default=DEFAULT_ZONE)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name="компания"
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name="контакт"
    )
    company_name = models.CharField("название компании тогда", max_length=255, blank=True)
    contact_name = models.CharField("имя контакта тогда", max_length=255, blank=True)
    phone_raw = models.CharField("номер", max_length=64, blank=True)
    phone_e164 = models.CharField("номер E.164", max_length=16, blank=True)
    phone_ext = models.CharField("добавочный", max_length=8, blank=True)
    number_key = models.BigIntegerField("ключ номера", null=True, editable=False)
    note = models.TextField("заметка", blank=True)
    is_cold_call = models.BooleanField("холодный", default=False)
    is_test = models.BooleanField("проверочный", default=False)
    is_private = models.BooleanField("личный", default=False)
    private_at = models.DateTimeField("личный с", null=True, editable=False)
    repeats = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="repeated_by", verbose_name="повторяет звонок"
    )
    event_id = models.CharField("номер события", max_length=64, blank=True)
    # The tab of the browser that the click came from: the card after the call opens there.
    tab = models.CharField("вкладка", max_length=64, blank=True)

    status = models.CharField("состояние команды", max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField("причина", max_length=12, choices=Reason, blank=True)
    rev = models.PositiveIntegerField("номер изменения", default=1)
    target = models.ForeignKey(
        PhoneDevice, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="назначенный телефон"
    )
    device = models.ForeignKey(
        PhoneDevice, models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name="телефон"
    )
    instance = models.CharField("установка", max_length=64, blank=True)
    lease = models.CharField("аренда", max_length=32, blank=True)
    delivery = models.CharField("способ доставки", max_length=6, choices=Delivery, blank=True)
    live_phase = models.CharField("этап", max_length=8, choices=Phase, blank=True)
    is_unconfirmed = models.BooleanField("не подтверждён", default=False)
    is_lost = models.BooleanField("итог потерян", default=False)

    created_at = models.DateTimeField("создан", db_default=Now())
    updated_at = models.DateTimeField("изменён", db_default=Now())
    expires_at = models.DateTimeField("действует до", null=True)
    offered_at = models.DateTimeField("предложен телефону", null=True)
    received_at = models.DateTimeField("получен телефоном", null=True)
    claimed_at = models.DateTimeField("взят телефоном", null=True)
    dialing_at = models.DateTimeField("начат набор", null=True)
    talking_at = models.DateTimeField("начат разговор", null=True)
    ended_at = models.DateTimeField("звонок окончен", null=True)
    cancel_requested_at = models.DateTimeField("попросили отменить", null=True)
    closed_at = models.DateTimeField("закрыт", null=True)

    call_status = models.CharField("итог", max_length=10, choices=CallStatus, null=True, blank=True)  # noqa: DJ001
    call_started_at = models.DateTimeField("начало звонка", null=True, blank=True)
    call_duration_seconds = models.PositiveIntegerField("длительность, с", null=True, blank=True)
    call_ended_at = models.DateTimeField("конец звонка", null=True, blank=True)
    direction = models.CharField("направление", max_length=8, choices=Direction, null=True, blank=True)  # noqa: DJ001
    resolve_method = models.CharField("как найден итог", max_length=8, choices=ResolveMethod, null=True, blank=True)  # noqa: DJ001
    attempts_count = models.PositiveIntegerField("попыток найти итог", null=True, blank=True)
    action_source = models.CharField("откуда нажали", max_length=12, choices=ActionSource, null=True, blank=True)  # noqa: DJ001
    result_at = models.DateTimeField("итог получен", null=True, blank=True)
    is_late = models.BooleanField("итог опоздал", default=False)
    flags = models.JSONField("пометки", default=list, blank=True)
    deleted_at = models.DateTimeField("удалён", null=True, blank=True)

    counted_at = models.DateTimeField("момент для статистики", null=True, editable=False)
    counted_on = models.DateField("день для статистики", null=True, editable=False)
    counted_hour = models.PositiveSmallIntegerField("час для статистики", null=True, editable=False)
    is_counted = GeneratedField(
        expression=Case(
            When(
                Q(call_status__isnull=False, is_test=False, is_private=False, deleted_at__isnull=True),
                then=Value(True),
            ),
            default=Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name="в статистике",
    )
    # Which way the call went, for statistics: as it was told, else as it came to be (docs/call-analytics.md).
    flow = GeneratedField(
        expression=Case(
            When(direction=Direction.OUTGOING, then=Value("outgoing")),
            When(direction__in=(Direction.INCOMING, Direction.MISSED), then=Value("incoming")),
            When(direction__isnull=True, origin=Origin.CLICK, then=Value("outgoing")),
            When(direction__isnull=True, origin=Origin.INCOMING, then=Value("incoming")),
            default=Value("unknown"),
        ),
        output_field=models.CharField(max_length=8),
        db_persist=True,
        verbose_name="исходящий или входящий",
    )
    # Seconds of talk of a connected call that is believed; NULL when nobody knows.
    talk_s = GeneratedField(
        expression=Case(
            When(
                call_status=CallStatus.CONNECTED,
                call_duration_seconds__lte=LONGEST_TALK_S,
                then=F("call_duration_seconds"),
            ),
            default=None,
        ),
        output_field=models.PositiveIntegerField(null=True),
        db_persist=True,
        verbose_name="разговор, с",
    )

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = "звонок"
        verbose_name_plural = "звонки"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(closed_at__isnull=True), name="call_one_open_per_user"
            ),
            models.UniqueConstraint(fields=["user", "event_id"], condition=~Q(event_id=""), name="call_event_once"),
            models.CheckConstraint(
                condition=~Q(status=Status.DELIVERED) | Q(claimed_at__isnull=False),
                name="call_delivered_is_claimed",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "expires_at"], name="call_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["user", "-created_at"], name="call_user_at"),
            models.Index(fields=["user", "closed_at"], name="call_user_closed"),
            models.Index(fields=["branch", "-created_at"], name="call_branch_at"),
            models.Index(fields=["-created_at"], name="call_at"),
            models.Index(fields=["company", "-created_at"], name="call_company_at"),
            models.Index(fields=["private_at"], name="call_private", condition=Q(is_private=True)),
            models.Index(
                fields=["user", "counted_on"], name="call_user_day", condition=Q(is_counted=True), include=COUNTED_BY
            ),
            models.Index(
                fields=["counted_on", "branch", "user"],
                name="call_day",
                condition=Q(is_counted=True),
                include=COUNTED_BY,
            ),
            models.Index(fields=["created_at"], name="call_unanswered", condition=UNANSWERED, include=UNANSWERED_BY),
            models.Index(
                fields=["number_key", "counted_on", "user"],
                name="call_number_day",
                condition=Q(is_counted=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phone_e164 or self.phone_raw} · {self.get_status_display()}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class CallReject(models.Model):
    """A phone that refused an offer: it is not offered that call again."""

    call = models.ForeignKey(CallRequest, models.CASCADE, related_name="rejects")
    device = models.ForeignKey(PhoneDevice, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=14, choices=RejectReason)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "device"], name="reject_once")]

    def __str__(self) -> str:
        return f"{self.device}: {self.get_reason_display()}"
