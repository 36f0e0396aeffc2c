"""Dictionaries of the demonstration base; values that are there stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

from companies.models import CompanySphere, CompanyStatus, ContractType
from companies.models.dictionaries import Tone

STATUSES = (
    ("new", "Новая", Tone.INFO, False),
    ("working", "В работе", Tone.ACCENT, False),
    ("talks", "Переговоры", Tone.WARNING, False),
    ("contract", "Договор", Tone.SUCCESS, True),
    ("refused", "Отказ", Tone.DANGER, True),
)
SPHERES = ("Строительство", "Опт", "Производство", "Логистика", "Сельское хозяйство", "Розница", "Связь", "Услуги")
CONTRACTS = (
    ("frame", "Рамочный"),
    ("tender", "Тендер"),
    ("legal", "С юридическим лицом"),
    ("individual", "С физическим лицом"),
)


@dataclass(frozen=True, slots=True)
class Dictionaries:
    statuses: list[CompanyStatus]
    spheres: list[CompanySphere]
    contracts: list[ContractType]


def make_dictionaries() -> Dictionaries:
    for order, (code, name, tone, is_final) in enumerate(STATUSES):
        CompanyStatus.objects.get_or_create(
            code=code,
            defaults={"name": name, "tone": tone, "is_final": is_final, "order": order, "is_default": code == "new"},
        )
    for order, name in enumerate(SPHERES):
        CompanySphere.objects.get_or_create(name=name, defaults={"order": order})
    for order, (code, name) in enumerate(CONTRACTS):
        ContractType.objects.get_or_create(code=code, defaults={"name": name, "order": order})
    return Dictionaries(
        list(CompanyStatus.objects.all()), list(CompanySphere.objects.all()), list(ContractType.objects.all())
    )
