"""Saved views of the lists: an address with a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Branch

MAX_QUERY = 4_000


class Subject(models.TextChoices):
    COMPANY = "company", "компании"
    CONTACT = "contact", "контакты"


class Sharing(models.TextChoices):
    PERSONAL = "personal", "только я"
    BRANCH = "branch", "филиал"
    ALL = "all", "все"


class Density(models.TextChoices):
    NORMAL = "", "обычно"
    COMPACT = "compact", "плотно"


class SavedView(models.Model):
    """`query` is canonical: conditions, text, order and columns. `me` in it and the rights are the viewer's."""

    subject = models.CharField("список", max_length=10, choices=Subject)
    name = models.CharField("название", max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="saved_views",
        verbose_name="автор",
    )
    sharing = models.CharField("для кого", max_length=10, choices=Sharing, default=Sharing.PERSONAL)
    branch = models.ForeignKey(Branch, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="филиал")
    query = models.CharField("условия", max_length=MAX_QUERY, blank=True)
    density = models.CharField("плотность", max_length=10, choices=Density, blank=True)
    created_at = models.DateTimeField("создано", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("изменено", auto_now=True)

    class Meta:
        verbose_name = "представление"
        verbose_name_plural = "представления"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "subject", "name"], name="view_name_once"),
            models.CheckConstraint(
                condition=Q(sharing=Sharing.BRANCH, branch__isnull=False)
                | (~Q(sharing=Sharing.BRANCH) & Q(branch__isnull=True)),
                name="view_branch_when_shared_so",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """With what a person's list opens."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=10, choices=Subject)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "subject"], name="default_view_once")]
