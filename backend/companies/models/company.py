"""The company card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Branch, User, check_zone
from common.requisites import KPP_PATTERN
from companies import access
from companies.models.dictionaries import CompanySphere, CompanyStatus, ContractType
from companies.models.shared import ColdMark, LeadState, rare

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from companies.models.contact import Contact
    from companies.models.numbers import EmailAddress, PhoneNumber


class CompanyQuerySet(models.QuerySet["Company"]):
    """Rows by right (`allowed`, `visible_to`) and by filter."""

    def allowed(self, user: User, verb: str) -> Self:
        """Live companies that `user` may touch with `verb`; the rules stand in companies/access.py."""
        return self.filter(access.company_q(user, verb))

    def visible_to(self, user: User) -> Self:
        return self.allowed(user, "view")

    def live(self) -> Self:
        return self.filter(deleted_at__isnull=True)


class Company(ColdMark):
    """An organisation that people sell to. Phones and e-mails stand in tables of their own (D19)."""

    name = models.CharField("название", max_length=255)
    legal_name = models.CharField("юридическое название", max_length=500, blank=True)
    folded = models.CharField("название для поиска", max_length=800, blank=True, editable=False)
    inn = models.CharField("ИНН", max_length=12, null=True, blank=True)  # noqa: DJ001 (NULL: not known)
    inn_raw = models.CharField("ИНН, как записан", max_length=255, blank=True)
    kpp = models.CharField("КПП", max_length=9, blank=True)
    ogrn = models.CharField("ОГРН", max_length=15, blank=True)
    bank_details = models.TextField("банковские реквизиты", blank=True)
    address = models.CharField("адрес", max_length=500, blank=True)
    region = models.CharField("регион", max_length=120, blank=True)
    city = models.CharField("город", max_length=120, blank=True)
    website = models.CharField("сайт", max_length=255, blank=True)
    site_host = models.CharField("адрес сайта для поиска", max_length=255, blank=True, editable=False)
    activity_kind = models.CharField("вид деятельности", max_length=255, blank=True)
    zone = models.CharField("часовой пояс", max_length=64, blank=True, validators=[check_zone])
    workday_start = models.TimeField("начало рабочего дня", null=True, blank=True)
    workday_end = models.TimeField("конец рабочего дня", null=True, blank=True)

    lead_state = models.CharField("состояние", max_length=4, choices=LeadState, default=LeadState.COLD)
    status = models.ForeignKey(
        CompanyStatus, models.PROTECT, null=True, blank=True, related_name="companies", verbose_name="статус"
    )
    spheres = models.ManyToManyField(CompanySphere, blank=True, related_name="companies", verbose_name="сферы")
    contract_type = models.ForeignKey(
        ContractType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="вид договора",
        db_index=False,
    )
    contract_until = models.DateField("договор до", null=True, blank=True)
    contract_amount = models.DecimalField("сумма договора, ₽", max_digits=14, decimal_places=2, null=True, blank=True)

    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="companies",
        verbose_name="ответственный",
        db_index=False,  # an index of its own begins with it
    )
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="companies",
        verbose_name="филиал",
        db_index=False,  # likewise
    )
    head_company = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="branches",
        verbose_name="головная компания",
        db_index=False,
    )
    do_not_call = models.BooleanField("не звонить", default=False)
    raw_fields = models.JSONField("как загружено", default=dict, blank=True)

    version = models.PositiveIntegerField("номер изменения", default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name="кто создал",
    )
    created_at = models.DateTimeField("создана", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("изменена", auto_now=True)
    deleted_at = models.DateTimeField("удалена", null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
        verbose_name="кто удалил",
    )
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="merged_from",
        editable=False,
        db_index=False,
        verbose_name="объединена с",
    )

    objects = CompanyQuerySet.as_manager()

    if TYPE_CHECKING:
        phones: RelatedManager[PhoneNumber]
        emails: RelatedManager[EmailAddress]
        contacts: RelatedManager[Contact]
        pk: int

    class Meta:
        verbose_name = "компания"
        verbose_name_plural = "компании"
        constraints = [
            models.UniqueConstraint(
                fields=["inn", "kpp"],
                condition=Q(inn__isnull=False, deleted_at__isnull=True, head_company__isnull=True),
                name="company_inn_kpp",
                violation_error_message="Компания с такими ИНН и КПП уже есть.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="company_name_filled"),
            models.CheckConstraint(
                condition=Q(inn__isnull=True) | Q(inn__regex=r"^(\d{10}|\d{12})$"), name="company_inn_shape"
            ),
            models.CheckConstraint(condition=Q(kpp="") | Q(kpp__regex=KPP_PATTERN), name="company_kpp_shape"),
            models.CheckConstraint(
                condition=Q(inn__isnull=True) | Q(kpp="") | Q(inn__regex=r"^\d{10}$"),
                name="company_kpp_needs_inn10",
            ),
            models.CheckConstraint(
                condition=Q(head_company__isnull=True) | ~Q(head_company=F("id")), name="company_not_own_head"
            ),
        ]
        indexes = [
            models.Index(fields=["responsible", "-updated_at"], name="company_responsible"),
            models.Index(fields=["branch", "-updated_at"], name="company_branch"),
            models.Index(fields=["-updated_at", "-id"], name="company_updated"),
            models.Index(fields=["folded", "name", "id"], name="company_by_name"),
            models.Index(fields=["folded"], name="company_folded", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["inn"], name="company_inn", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["site_host"], name="company_site_host", condition=~Q(site_host="")),
            models.Index(
                fields=["contract_until"], name="company_contract", condition=Q(contract_until__isnull=False)
            ),
            rare("contract_type", "company_contract_type"),
            rare("head_company", "company_head"),
            rare("merged_into", "company_merged_into"),
            rare("deleted_by", "company_deleted_by"),
            rare("cold_marked_by", "company_cold_marked_by"),
        ]

    def __str__(self) -> str:
        return self.name
