"""What a person says of a call when it is over: the outcome, a note, the next step."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from companies.models.dictionaries import Tone
from phonebridge.enums import AfterSource, AfterState, CallStatus, Effect, Implied, NextStep, OutcomeKind, QueueRule
from phonebridge.models.calls import CallRequest

NOT_REACHED = "not_reached"
MAX_NEXT_TEXT = 255


class Outcome(models.Model):
    """A value of the dictionary «Итоги звонков»; a used value is merged away or switched off, never deleted."""

    code = models.SlugField("код", max_length=40, unique=True)
    name = models.CharField("название", max_length=80, unique=True)
    tone = models.CharField("цвет", max_length=10, choices=Tone, default=Tone.NEUTRAL)
    key = models.PositiveSmallIntegerField(
        "клавиша", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    order = models.PositiveSmallIntegerField("порядок", default=0)
    kind = models.CharField("смысл", max_length=10, choices=OutcomeKind, default=OutcomeKind.NEUTRAL)
    implies = models.CharField("что было со связью", max_length=10, choices=Implied, blank=True)
    note_required = models.BooleanField("нужна заметка", default=False)
    next_required = models.BooleanField("нужен следующий шаг", default=False)
    next_default = models.CharField("шаг по умолчанию", max_length=8, choices=NextStep, blank=True)
    effect = models.CharField("что ещё сделать", max_length=14, choices=Effect, blank=True)
    queue_rule = models.CharField("очередь", max_length=10, choices=QueueRule, blank=True)
    amo_status = models.CharField("статус amoCRM", max_length=20, blank=True)
    is_active = models.BooleanField("действует", default=True)

    class Meta:
        verbose_name = "итог звонка"
        verbose_name_plural = "итоги звонков"
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(key__isnull=False, is_active=True), name="outcome_one_key"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AfterCall(models.Model):
    """The card of one call; written in the transaction of its first result, its draft lives here and nowhere else.

    `is_required`: somebody was spoken to, or nobody knows; only these count in the share of the filled ones.
    `answers`: names of the answers that were taken, so that a repeat changes nothing.
    """

    call = models.OneToOneField(CallRequest, models.CASCADE, primary_key=True, related_name="after")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="after_calls")
    state = models.CharField(max_length=8, choices=AfterState, default=AfterState.DRAFT)
    is_required = models.BooleanField(default=True)
    is_touched = models.BooleanField(default=False)
    outcome = models.ForeignKey(Outcome, models.PROTECT, null=True, related_name="+", verbose_name="итог")
    note = models.TextField("заметка", blank=True)
    next_at = models.DateTimeField("следующий шаг", null=True)
    next_text = models.CharField("что сделать", max_length=MAX_NEXT_TEXT, blank=True)
    rev = models.PositiveIntegerField(default=1)
    opener = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=8, choices=AfterSource, blank=True)
    skip_reason = models.CharField(max_length=40, blank=True)
    answers = models.JSONField(default=list)
    ended_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "итог после звонка"
        verbose_name_plural = "итоги после звонков"
        indexes = [
            models.Index(
                fields=["owner", "-ended_at"],
                name="after_unfilled",
                condition=Q(state=AfterState.DRAFT, is_required=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.outcome) if self.outcome else self.get_state_display()

    @property
    def is_draft(self) -> bool:
        return self.state == AfterState.DRAFT


def is_required(call_status: str | None) -> bool:
    """Somebody was spoken to, or nobody knows what happened."""
    return call_status in {CallStatus.CONNECTED, CallStatus.UNKNOWN}
