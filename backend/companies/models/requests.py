"""Requests that wait for somebody's decision (C-17, C-18)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Branch
from companies.models.company import Company
from companies.models.shared import LeadState


class RequestStatus(models.TextChoices):
    """The seed's three values; CANCELLED with a decider is a rejection, without one a withdrawal (D11)."""

    PENDING = "pending", "ждёт решения"
    APPROVED = "approved", "одобрен"
    CANCELLED = "cancelled", "отклонён или отозван"


class ClosedBy(models.TextChoices):
    """Why a request ended without a decision."""

    AUTHOR = "author", "отозван автором"
    REACHED = "reached", "состояние уже такое"
    DELETED = "deleted", "компания удалена"
    MERGED = "merged", "компания объединена"
    LEFT = "left", "автор отключён"
    AGE = "age", "никто не решил за 30 дней"


class _Request(models.Model):
    """What stood on the card when it was asked is kept: the inbox shows what has changed since."""

    status = models.CharField(max_length=10, choices=RequestStatus, default=RequestStatus.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decision_note = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=8, choices=ClosedBy, blank=True, db_default="")
    note = models.CharField(max_length=500, blank=True)
    company_name_snapshot = models.CharField(max_length=255, blank=True, db_default="")
    version_snapshot = models.PositiveIntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    @property
    def is_withdrawn(self) -> bool:
        return self.status == RequestStatus.CANCELLED and self.decided_by_id is None

    @property
    def is_rejected(self) -> bool:
        return self.status == RequestStatus.CANCELLED and self.decided_by_id is not None


class CompanyLeadStateRequest(_Request):
    company = models.ForeignKey(Company, models.CASCADE, related_name="lead_state_requests")
    requested_state = models.CharField(max_length=4, choices=LeadState)
    state_snapshot = models.CharField(max_length=4, choices=LeadState, blank=True, db_default="")
    branch_snapshot = models.ForeignKey(Branch, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "запрос о состоянии"
        verbose_name_plural = "запросы о состоянии"
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(status=RequestStatus.PENDING), name="one_open_lead_request"
            )
        ]


class CompanyDeletionRequest(_Request):
    """Keeps snapshots: it outlives the card that it asks to delete."""

    company = models.ForeignKey(Company, models.SET_NULL, null=True, related_name="deletion_requests")
    company_id_snapshot = models.BigIntegerField()
    requested_by_branch = models.ForeignKey(Branch, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "запрос об удалении"
        verbose_name_plural = "запросы об удалении"
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(status=RequestStatus.PENDING),
                name="one_open_deletion_request",
            )
        ]
