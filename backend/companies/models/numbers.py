"""Phones and e-mails: one table each for companies and contacts (D19)."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, GeneratedField, Q
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce, NullIf, Reverse

from common import phones as phone_rules
from companies.models.company import Company
from companies.models.contact import Contact
from companies.models.shared import ColdMark, rare

MAX_PER_HOLDER = 20
# The company that has a number or an address itself or through one of its people, and rows that have one.
HOLDER = Coalesce("company_id", "contact__company_id")
HELD = Q(contact__deleted_at__isnull=True) & (Q(company__isnull=False) | Q(contact__company__isnull=False))


class PhoneType(models.TextChoices):
    WORK = "work", "рабочий"
    WORK_DIRECT = "work_direct", "прямой"
    MOBILE = "mobile", "мобильный"
    HOME = "home", "домашний"
    FAX = "fax", "факс"
    OTHER = "other", "другой"


class EmailType(models.TextChoices):
    WORK = "work", "рабочий"
    PERSONAL = "personal", "личный"
    OTHER = "other", "другой"


def _one_holder(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(company__isnull=False, contact__isnull=True) | Q(company__isnull=True, contact__isnull=False),
        name=name,
    )


def _one_primary(holder: str, name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=[holder], condition=Q(is_primary=True), name=name)


def _unique_number(holder: str, name: str) -> models.UniqueConstraint:
    number = Coalesce(NullIf("e164", Value("")), "raw")
    return models.UniqueConstraint(F(holder), number, "ext", name=name, condition=Q(**{f"{holder}__isnull": False}))


def _unique_address(holder: str, name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=[holder, "norm"], name=name, condition=Q(**{f"{holder}__isnull": False}))


class PhoneQuerySet(models.QuerySet["PhoneNumber"]):
    def meaning(self, e164: str) -> Self:
        """Rows that mean this number: recognised as it, or not recognised and holding its digits.

        Digits alone would not do: of a bare Russian number they are those of somebody's number abroad.
        """
        return self.filter(Q(e164=e164) | Q(e164__isnull=True, digits__in=phone_rules.spellings(e164)))


class PhoneNumber(ColdMark):
    """A number of a company or of a contact: raw as typed, E.164, extension."""

    # the unique indexes begin with the holder
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="phones", db_index=False, verbose_name="компания"
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="phones", db_index=False, verbose_name="контакт"
    )
    raw = models.CharField("номер", max_length=phone_rules.MAX_RAW)
    e164 = models.CharField("номер E.164", max_length=16, null=True, blank=True, editable=False)  # noqa: DJ001 (NULL: not recognised)
    ext = models.CharField("добавочный", max_length=phone_rules.MAX_EXT, blank=True)
    digits = models.CharField("цифры", max_length=64, blank=True, editable=False)
    tail = GeneratedField(
        expression=Reverse("digits"),
        output_field=models.CharField(max_length=64),
        db_persist=True,
        verbose_name="последние цифры",
    )
    type = models.CharField("вид", max_length=12, choices=PhoneType, default=PhoneType.WORK)
    comment = models.CharField("комментарий", max_length=255, blank=True)
    order = models.PositiveSmallIntegerField("порядок", default=0)
    is_primary = models.BooleanField("основной", default=False)
    is_invalid = models.BooleanField("неверный", default=False)
    last_result = models.CharField("последний результат", max_length=12, blank=True, editable=False)
    last_result_at = models.DateTimeField("последний итог", null=True, blank=True, editable=False)

    objects = PhoneQuerySet.as_manager()

    class Meta:
        verbose_name = "телефон"
        verbose_name_plural = "телефоны"
        ordering = ["-is_primary", "order", "id"]
        constraints = [
            _one_holder("phone_one_holder"),
            _one_primary("company", "phone_company_primary"),
            _one_primary("contact", "phone_contact_primary"),
            _unique_number("company", "phone_company_unique"),
            _unique_number("contact", "phone_contact_unique"),
            models.CheckConstraint(condition=~Q(raw=""), name="phone_raw_filled"),
        ]
        indexes = [
            models.Index(fields=["e164"], name="phone_e164"),
            models.Index(fields=["digits"], name="phone_digits", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["tail"], name="phone_tail", opclasses=["varchar_pattern_ops"]),
            rare("cold_marked_by", "phone_cold_marked_by"),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """For people: «+7 (922) 123-45-67, доб. 12», or as it was typed."""
        return phone_rules.national(self.e164 or "", self.ext) or self.raw

    @property
    def refusal(self) -> str:
        """Why this number cannot be dialled as it stands, or ''."""
        if not self.e164:
            return "номер не распознан"
        return phone_rules.why_not_dialled(self.e164)


class EmailAddress(models.Model):
    # the unique indexes begin with the holder
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="emails", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="emails", db_index=False)
    raw = models.CharField("адрес", max_length=254)
    norm = models.CharField(max_length=254, editable=False)
    domain = models.CharField(max_length=253, editable=False)
    type = models.CharField("вид", max_length=10, choices=EmailType, default=EmailType.WORK)
    comment = models.CharField("комментарий", max_length=255, blank=True)
    order = models.PositiveSmallIntegerField("порядок", default=0)
    is_primary = models.BooleanField("основной", default=False)
    is_invalid = models.BooleanField("неверный", default=False)
    bounced_at = models.DateTimeField("письмо вернулось", null=True, blank=True)
    unsubscribed_at = models.DateTimeField("отписан", null=True, blank=True)

    class Meta:
        verbose_name = "e-mail"
        verbose_name_plural = "адреса e-mail"
        ordering = ["-is_primary", "order", "id"]
        constraints = [
            _one_holder("email_one_holder"),
            _one_primary("company", "email_company_primary"),
            _one_primary("contact", "email_contact_primary"),
            _unique_address("company", "email_company_unique"),
            _unique_address("contact", "email_contact_unique"),
        ]
        indexes = [
            models.Index(fields=["norm"], name="email_norm", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.raw
