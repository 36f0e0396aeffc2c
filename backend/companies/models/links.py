"""Links to the outside and between cards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from companies.models.company import Company
from companies.models.contact import Contact


class ExternalRef(models.Model):
    """The number of a row in another system; `amocrm_company_id` is its alias."""

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="external_refs")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="external_refs")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(company__isnull=False),
                name="external_company_once",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(contact__isnull=False),
                name="external_contact_once",
            ),
            models.CheckConstraint(
                condition=Q(company__isnull=False, contact__isnull=True)
                | Q(company__isnull=True, contact__isnull=False),
                name="external_one_holder",
            ),
        ]


class DoNotCall(models.Model):
    """A number whose owner asked not to be called; keyed by number so that no import or merge loses it."""

    e164 = models.CharField("номер", max_length=16, unique=True)
    since = models.DateTimeField("с какого времени", db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто отметил"
    )
    reason = models.CharField("причина", max_length=300, blank=True)
    source = models.CharField("откуда", max_length=40, blank=True)

    class Meta:
        verbose_name = "номер, на который не звонят"
        verbose_name_plural = "не звонить"

    def __str__(self) -> str:
        return self.e164


class NotDuplicate(models.Model):
    """A pair that a person declared different; silent until a strong reason appears."""

    a = models.ForeignKey(Company, models.CASCADE, related_name="+")
    b = models.ForeignKey(Company, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reasons = models.JSONField(default=list)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="not_duplicate_pair"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="not_duplicate_ordered"),
        ]
