"""A missed call that somebody has to answer."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts import scope
from accounts.models import Branch, User
from accounts.scope import Columns
from companies.models import Company, Contact
from phonebridge.models.calls import CallRequest

COLUMNS = Columns(owner="assignee", branch="branch")


class CallBackState(models.TextChoices):
    """What became of it. MERGED: a later change of the calls made it part of another one."""

    OPEN = "open", "Ждёт звонка"
    CALLED_BACK = "called_back", "Перезвонили"
    CLIENT_AGAIN = "client_again", "Клиент дозвонился сам"
    CLOSED = "closed", "Закрыт"
    EXPIRED = "expired", "Истёк"
    MERGED = "merged", "Объединён"


class CloseReason(models.TextChoices):
    """Why a person closed it without a call."""

    SPAM = "spam", "Спам"
    NOT_CLIENT = "not_client", "Не клиент"
    BY_MAIL = "by_mail", "Решено письмом"
    DUPLICATE = "duplicate", "Дубль"


class CallBackQuerySet(models.QuerySet["CallBack"]):
    def visible_to(self, user: User) -> Self:
        """One's own, of the branch, or all: as the calls."""
        found = self.filter(scope.allowed_q(user, "calls_view", COLUMNS))
        return found.exclude(state=CallBackState.MERGED)

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)


class CallBack(models.Model):
    """One episode of a number in a branch: from the first miss until somebody talks, closes it, or a week has passed.

    Every column but the person's word (assignee, manual close, handing over) is folded from the calls.
    """

    branch = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="+")
    number_key = models.BigIntegerField(editable=False)
    phone_raw = models.CharField("номер", max_length=64, blank=True)
    phone_e164 = models.CharField(max_length=16, blank=True)
    phone_ext = models.CharField(max_length=8, blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="callbacks")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="callbacks")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="callbacks", verbose_name="ответственный"
    )
    state = models.CharField(max_length=12, choices=CallBackState, default=CallBackState.OPEN)
    first_missed_at = models.DateTimeField()
    last_missed_at = models.DateTimeField()
    missed_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True)
    answer_min = models.PositiveIntegerField(null=True)
    never_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closing_call = models.ForeignKey(CallRequest, models.SET_NULL, null=True, related_name="+")

    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    drop_reason = models.CharField(max_length=10, choices=CloseReason, blank=True)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    red_told_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = CallBackQuerySet.as_manager()

    class Meta:
        verbose_name = "просьба перезвонить"
        verbose_name_plural = "просьбы перезвонить"
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "number_key"],
                condition=Q(closed_at__isnull=True),
                name="callback_one_open",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state=CallBackState.OPEN, closed_at__isnull=True)
                | (~Q(state=CallBackState.OPEN) & Q(closed_at__isnull=False)),
                name="callback_open_is_not_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["number_key", "last_missed_at"], name="callback_number"),
            models.Index(fields=["assignee"], name="callback_open_of", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["branch", "-first_missed_at"], name="callback_branch_at"),
            models.Index(fields=["assignee", "-first_missed_at"], name="callback_assignee_at"),
        ]

    def __str__(self) -> str:
        return f"{self.phone_e164 or self.phone_raw}: {self.get_state_display()}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
