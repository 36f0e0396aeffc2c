"""A person, usually of a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Branch, User
from companies import access
from companies.models.company import Company
from companies.models.shared import ColdMark, rare

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from companies.models.numbers import EmailAddress, PhoneNumber


class ContactQuerySet(models.QuerySet["Contact"]):
    def allowed(self, user: User, verb: str) -> Self:
        """Live contacts that `user` may touch with `verb`: as the company, or by own columns without one."""
        return self.filter(access.contact_q(user, verb))

    def visible_to(self, user: User) -> Self:
        return self.allowed(user, "view")


class Contact(ColdMark):
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="contacts", verbose_name="компания"
    )
    last_name = models.CharField("фамилия", max_length=120, blank=True)
    first_name = models.CharField("имя", max_length=120, blank=True)
    middle_name = models.CharField("отчество", max_length=120, blank=True)
    folded = models.CharField("имя для поиска", max_length=400, blank=True, editable=False)
    position = models.CharField("должность", max_length=200, blank=True)
    decision_role = models.CharField("роль в решении", max_length=40, blank=True)
    status = models.CharField("статус", max_length=80, blank=True)
    note = models.TextField("примечание", blank=True)
    birthday = models.DateField("день рождения", null=True, blank=True)
    is_primary = models.BooleanField("основной", default=False)
    do_not_call = models.BooleanField("не звонить", default=False)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name="ответственный",
        db_index=False,
    )
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name="филиал",
        db_index=False,
    )
    raw_fields = models.JSONField("как загружено", default=dict, blank=True)

    version = models.PositiveIntegerField("номер изменения", default=1, editable=False)
    created_at = models.DateTimeField("создан", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("изменён", auto_now=True)
    deleted_at = models.DateTimeField("удалён", null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="merged_from",
        editable=False,
        db_index=False,
        verbose_name="объединён с",
    )

    objects = ContactQuerySet.as_manager()

    if TYPE_CHECKING:
        phones: RelatedManager[PhoneNumber]
        emails: RelatedManager[EmailAddress]

    class Meta:
        verbose_name = "контакт"
        verbose_name_plural = "контакты"
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(is_primary=True, deleted_at__isnull=True),
                name="contact_one_primary",
            ),
            models.CheckConstraint(
                condition=Q(company__isnull=True) | Q(responsible__isnull=True, branch__isnull=True),
                name="contact_owned_by_company",
            ),
            models.CheckConstraint(
                condition=~Q(last_name="", first_name="", middle_name=""), name="contact_name_filled"
            ),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="contact_updated"),
            models.Index(fields=["folded", "id"], name="contact_by_name"),
            rare("responsible", "contact_responsible"),
            rare("branch", "contact_branch"),
            rare("merged_into", "contact_merged_into"),
            rare("cold_marked_by", "contact_cold_marked_by"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Фамилия Имя Отчество, as Russian offices write it."""
        return " ".join(p for p in (self.last_name, self.first_name, self.middle_name) if p)

    @property
    def initials(self) -> str:
        return (self.last_name[:1] + self.first_name[:1]).upper() or "?"
