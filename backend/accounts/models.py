"""People, branches, and what guards the door."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from accounts.roles import DataScope, Role
from common.clock import DEFAULT_ZONE


def check_zone(value: str) -> None:
    """Refuse a zone that the system does not know."""
    if value not in available_timezones():
        raise ValidationError("Неизвестный часовой пояс. Пример: Asia/Yekaterinburg.")


def _hours(label: str, hour: int) -> models.TimeField[Any, Any]:
    return models.TimeField(label, default=time(hour), db_default=time(hour))


class Branch(models.Model):
    """A branch of the company; its zone decides what «today» means for its calls."""

    code = models.SlugField("код", unique=True)
    name = models.CharField("название", max_length=120, unique=True)
    zone = models.CharField("часовой пояс", max_length=64, default=DEFAULT_ZONE, validators=[check_zone])
    area_code = models.CharField("телефонный код города", max_length=5, blank=True)
    opens_at = _hours("начало рабочего дня", 9)
    closes_at = _hours("конец рабочего дня", 18)
    is_active = models.BooleanField("действует", default=True)

    class Meta:
        verbose_name = "филиал"
        verbose_name_plural = "филиалы"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BranchDay(models.Model):
    """A day on which a branch works, or does not, against the calendar of the country."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="days", verbose_name="филиал")
    on = models.DateField("день")
    is_working = models.BooleanField("рабочий")

    class Meta:
        verbose_name = "особый день филиала"
        verbose_name_plural = "особые дни филиалов"
        constraints = [models.UniqueConstraint(fields=["branch", "on"], name="branchday_once")]

    def __str__(self) -> str:
        return f"{self.branch}: {self.on:%d.%m.%Y}"


class User(AbstractUser):
    """A person who logs in. Rights come from `role`, `data_scope` and `branch`, read from the row each time."""

    middle_name = models.CharField("отчество", max_length=150, blank=True)
    role = models.CharField("роль", max_length=20, choices=Role, default=Role.MANAGER)
    data_scope = models.CharField("область данных", max_length=10, choices=DataScope, default=DataScope.GLOBAL)
    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="users", null=True, blank=True, verbose_name="филиал"
    )
    zone = models.CharField("часовой пояс", max_length=64, blank=True, validators=[check_zone])
    phone = models.CharField("телефон", max_length=64, blank=True)
    email_signature_html = models.TextField("подпись писем", blank=True)
    auth_epoch = models.PositiveIntegerField("поколение входов", default=0, editable=False)

    objects = UserManager()  # type: ignore[misc]  # the stubs declare it on the class

    class Meta:
        verbose_name = "сотрудник"
        verbose_name_plural = "сотрудники"
        indexes = [models.Index(fields=["branch", "role"], name="user_branch_role")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """«Анна Зайцева», or the log-in name when no name is known."""
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        letters = (self.first_name[:1] + self.last_name[:1]) or self.username[:2]
        return letters.upper()

    @property
    def effective_role(self) -> Role:
        """A superuser is an administrator everywhere (D32)."""
        return Role.ADMIN if self.is_superuser else Role(self.role)

    @property
    def is_admin(self) -> bool:
        return self.effective_role == Role.ADMIN

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django admin asks this: an administrator may do all there (D32), others by their permissions."""
        return (self.is_active and self.is_admin) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return (self.is_active and self.is_admin) or super().has_module_perms(app_label)

    @property
    def area_code(self) -> str:
        """Completes local numbers that this person types; '' without a branch."""
        return self.branch.area_code if self.branch else ""

    @property
    def day_zone(self) -> str:
        """The zone in which this person's «today» begins."""
        return self.zone or (self.branch.zone if self.branch else DEFAULT_ZONE)


class LoginFailure(models.Model):
    """One failed attempt. In the database, so that a lost Redis cannot open the door (S-10).

    `device` names a browser that this person has logged in with before: it is counted alone.
    """

    name = models.CharField(max_length=150)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=32, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["name", "ip", "at"], name="loginfail_name_ip"),
            models.Index(fields=["ip", "at"], name="loginfail_ip"),
        ]


class LoginLock(models.Model):
    """A closed door for a name at an address, at all addresses (no `ip`) or in a known browser (`device`).

    `strikes` doubles the next one's length.
    """

    name = models.CharField("логин", max_length=150)
    ip = models.GenericIPAddressField("адрес", null=True)
    device = models.CharField("браузер", max_length=32, blank=True, db_default="")
    until = models.DateTimeField("закрыто до")
    strikes = models.PositiveSmallIntegerField("раз подряд", default=1)

    class Meta:
        verbose_name = "закрытый вход"
        verbose_name_plural = "закрытые входы"
        constraints = [
            models.UniqueConstraint(fields=["name", "ip", "device"], name="loginlock_door", nulls_distinct=False)
        ]


class RefreshGrant(models.Model):
    """A refresh token that was given out: whose, to which device, and whether it rotates.

    A legacy dialer stores only `access` from a refresh answer, so its grant is not spent by use (D4).
    """

    jti = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="refresh_grants")
    device_id = models.CharField(max_length=64, blank=True)
    is_rotating = models.BooleanField(default=False)
    family = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class KeptAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered; it stands in the transaction of the rows that it made."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "path", "key"], name="keptanswer_once")]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
