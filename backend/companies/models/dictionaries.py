"""Dictionaries of the companies domain; a used value is merged away, never deleted."""

from __future__ import annotations

from django.db import models


class Tone(models.TextChoices):
    NEUTRAL = "neutral", "серый"
    ACCENT = "accent", "синий"
    INFO = "info", "голубой"
    SUCCESS = "success", "зелёный"
    WARNING = "warning", "жёлтый"
    DANGER = "danger", "красный"
    VIOLET = "violet", "фиолетовый"


class CompanyStatus(models.Model):
    code = models.SlugField("код", unique=True)
    name = models.CharField("название", max_length=80, unique=True)
    tone = models.CharField("цвет", max_length=10, choices=Tone, default=Tone.NEUTRAL)
    order = models.PositiveSmallIntegerField("порядок", default=0)
    is_final = models.BooleanField("завершающий", default=False)
    is_default = models.BooleanField("для новых компаний", default=False)
    is_active = models.BooleanField("действует", default=True)

    class Meta:
        verbose_name = "статус компании"
        verbose_name_plural = "статусы компаний"
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_status"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CompanySphere(models.Model):
    name = models.CharField("название", max_length=120, unique=True)
    order = models.PositiveSmallIntegerField("порядок", default=0)
    is_important = models.BooleanField("важная", default=False)
    is_active = models.BooleanField("действует", default=True)

    class Meta:
        verbose_name = "сфера"
        verbose_name_plural = "сферы"
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class ContractType(models.Model):
    """Kind of contract with the days before its end at which it is shown yellow and red (C-10)."""

    code = models.SlugField("код", unique=True)
    name = models.CharField("название", max_length=80, unique=True)
    warn_days = models.PositiveSmallIntegerField("предупредить за, дней", default=14)
    danger_days = models.PositiveSmallIntegerField("срочно за, дней", default=7)
    order = models.PositiveSmallIntegerField("порядок", default=0)
    is_active = models.BooleanField("действует", default=True)

    class Meta:
        verbose_name = "вид договора"
        verbose_name_plural = "виды договоров"
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name
