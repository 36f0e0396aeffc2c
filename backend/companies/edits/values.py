"""How the fields of a card travel: through forms, the API and the trail they are plain JSON values.

Text is text, a choice its code, a row of a dictionary its number or None, a day «2026-11-26», money «1500.00».
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Branch, User, check_zone
from common.clock import ZONES
from companies import records
from companies.models import Company, CompanySphere, CompanyStatus, Contact, ContractType
from companies.records import BadRecord

HIDDEN = "недоступно"
Json = str | int | bool | list[int] | None
MAX_AMOUNT = Decimal("999999999999.99")
# years beyond these are slips of the finger, not contracts
FIRST_YEAR, LAST_YEAR = 1990, 2100
FIRST_BIRTH = 1900


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is named for people, read from a row, checked and written to it.

    `write` raises BadRecord; `model` is the dictionary that its number points into.
    """

    name: str
    label: str
    read: Callable[[Any], Json]
    write: Callable[[Any, Any], None]
    columns: tuple[str, ...]
    model: type[models.Model] | None = None
    choices: tuple[tuple[str, str], ...] = ()
    words: Callable[[Json], str] = str

    def show(self, value: Json, viewer: User | None = None) -> str:
        """The value for people; «—» when it is empty. Companies that `viewer` does not see have no name."""
        if value in (None, "", []):
            return "—"
        if isinstance(value, bool):
            return "да" if value else "нет"
        if self.model is not None:
            wanted = value if isinstance(value, list) else [value]
            is_card = self.model is Company and viewer is not None
            rows = Company.objects.visible_to(viewer) if is_card and viewer else self.model._default_manager.all()
            return ", ".join(str(row) for row in rows.filter(pk__in=wanted)) or (HIDDEN if is_card else "—")
        if self.choices:
            return dict(self.choices).get(str(value), str(value))
        if isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-":
            return f"{value[8:]}.{value[5:7]}.{value[:4]}"
        return self.words(value)


def text(name: str, label: str, longest: int, *, required: bool = False) -> Field:
    def write(row: Any, value: Any) -> None:
        kept = records.clean(text_of(value, name), field=name, longest=longest)
        if required and not kept:
            raise BadRecord(f"Заполните поле «{label}».", field=name)
        setattr(row, name, kept)

    return Field(name, label, lambda row: str(getattr(row, name)), write, (name,))


def long_text(name: str, label: str, longest: int) -> Field:
    def write(row: Any, value: Any) -> None:
        kept = text_of(value, name)
        if "\x00" in kept:
            raise BadRecord("В тексте недопустимый знак.", field=name)
        if len(kept) > longest:
            raise BadRecord(f"Текст длиннее {longest} знаков.", field=name)
        setattr(row, name, kept.strip())

    return Field(name, label, lambda row: str(getattr(row, name)), write, (name,))


def link(name: str, label: str, model: type[models.Model]) -> Field:
    """A row of a dictionary; whoever calls has checked that the person may choose it."""

    def write(row: Any, value: Any) -> None:
        if value in (None, ""):
            setattr(row, f"{name}_id", None)
            return
        number = _number(value, name)
        if not model._default_manager.filter(pk=number).exists():
            raise BadRecord("Не найдено.", field=name)
        setattr(row, f"{name}_id", number)

    return Field(name, label, lambda row: getattr(row, f"{name}_id"), write, (name,), model=model)


def day(name: str, label: str, first: int, last: int) -> Field:
    def write(row: Any, value: Any) -> None:
        if value in (None, ""):
            setattr(row, name, None)
            return
        try:
            found = date.fromisoformat(text_of(value, name))
        except ValueError as error:
            raise BadRecord("Дата записывается как 31.12.2026.", field=name) from error
        if not first <= found.year <= last:
            raise BadRecord(f"Год должен быть от {first} до {last}.", field=name)
        setattr(row, name, found)

    def read(row: Any) -> Json:
        found = getattr(row, name)
        return found.isoformat() if found else None

    return Field(name, label, read, write, (name,))


def clock(name: str, label: str) -> Field:
    def write(row: Any, value: Any) -> None:
        try:
            setattr(row, name, time.fromisoformat(text_of(value, name)) if value else None)
        except ValueError as error:
            raise BadRecord("Время записывается как 09:30.", field=name) from error

    def read(row: Any) -> Json:
        found = getattr(row, name)
        return found.strftime("%H:%M") if found else None

    return Field(name, label, read, write, (name,))


def money(name: str, label: str) -> Field:
    def write(row: Any, value: Any) -> None:
        if value in (None, ""):
            setattr(row, name, None)
            return
        typed = str(value).replace(" ", "").replace("\u00a0", "").replace(",", ".")
        try:
            found = Decimal(typed)
            rounded = found.quantize(Decimal("0.01"))
        except InvalidOperation as error:
            raise BadRecord("Сумма записывается числом, например 150000,50.", field=name) from error
        if not found.is_finite() or not 0 <= found <= MAX_AMOUNT:
            raise BadRecord("Сумма должна быть от 0 до 999 999 999 999,99 ₽.", field=name)
        setattr(row, name, rounded)

    def read(row: Any) -> Json:
        found = getattr(row, name)
        return None if found is None else f"{found:.2f}"

    return Field(name, label, read, write, (name,), words=_amount)


def _amount(value: Json) -> str:
    """«1460000.00» → «1 460 000», kopecks where there are some."""
    whole, _, kopecks = str(value).partition(".")
    shown = f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") if whole.isdecimal() else whole
    return f"{shown},{kopecks}" if kopecks.strip("0") else shown


def _zone(row: Any, value: Any) -> None:
    kept = records.clean(text_of(value, "zone"), field="zone", longest=64)
    if kept:
        try:
            check_zone(kept)
        except ValidationError as error:
            raise BadRecord("Неизвестный часовой пояс.", field="zone") from error
    row.zone = kept


def _inn(row: Company, value: Any) -> None:
    records.prepare_inn(row, text_of(value, "inn"))


def _kpp(row: Company, value: Any) -> None:
    row.kpp = records.clean(text_of(value, "kpp"), field="kpp", longest=9).upper()


def _spheres(row: Company) -> Json:
    return sorted(row.spheres.values_list("pk", flat=True))


def _no_columns(row: Any, value: Any) -> None:
    """Spheres stand in a table of their own: companies/edits/company.py writes them."""


def text_of(value: Any, name: str) -> str:
    """What stands for an absent text is an empty one. Raises BadRecord."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRecord("Здесь ожидается текст.", field=name)
    return value


def _number(value: Any, name: str) -> int:
    typed = str(value)
    if isinstance(value, bool) or not (typed.isascii() and typed.isdecimal()) or len(typed) > 18:
        raise BadRecord("Не найдено.", field=name)
    return int(typed)


def _table(*fields: Field) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


COMPANY: Final = _table(
    text("name", "Название", 255, required=True),
    text("legal_name", "Юридическое название", 500),
    Field("inn", "ИНН", lambda c: c.inn or c.inn_raw, _inn, ("inn", "inn_raw")),
    Field("kpp", "КПП", lambda c: str(c.kpp), _kpp, ("kpp",)),
    text("ogrn", "ОГРН", 15),
    long_text("bank_details", "Банковские реквизиты", 2_000),
    text("address", "Адрес", 500),
    text("region", "Регион", 120),
    text("city", "Город", 120),
    text("website", "Сайт", 255),
    text("activity_kind", "Вид деятельности", 255),
    Field("zone", "Часовой пояс", lambda c: str(c.zone), _zone, ("zone",), choices=ZONES),
    clock("workday_start", "Начало рабочего дня"),
    clock("workday_end", "Конец рабочего дня"),
    link("status", "Статус", CompanyStatus),
    Field("spheres", "Сферы", _spheres, _no_columns, (), model=CompanySphere),
    link("contract_type", "Вид договора", ContractType),
    day("contract_until", "Договор до", FIRST_YEAR, LAST_YEAR),
    money("contract_amount", "Сумма договора, ₽"),
    link("head_company", "Головная компания", Company),
    link("branch", "Филиал", Branch),
    link("responsible", "Ответственный", User),
)
CONTACT: Final = _table(
    text("last_name", "Фамилия", 120),
    text("first_name", "Имя", 120),
    text("middle_name", "Отчество", 120),
    text("position", "Должность", 200),
    text("decision_role", "Роль в решении", 40),
    text("status", "Статус", 80),
    long_text("note", "Примечание", 10_000),
    day("birthday", "День рождения", FIRST_BIRTH, LAST_YEAR),
)
# What is true only together: a clash in one is a clash in all.
UNITS: Final = (
    frozenset({"inn", "kpp", "ogrn"}),
    frozenset({"responsible", "branch"}),
    frozenset({"contract_type", "contract_until"}),
    frozenset({"last_name", "first_name", "middle_name"}),
)
SETS: Final = frozenset({"spheres"})
# Names of what hangs on a card, for the trail and the words about it.
OTHER_LABELS: Final = {
    "phones": "телефоны",
    "emails": "e-mail",
    "lead_state": "состояние",
    "cold": "отметка «холодный звонок»",
    "do_not_call": "«не звонить»",
    "is_invalid": "неверный номер",
    "is_primary": "основной контакт",
    "contacts": "контакты",
    "merged": "объединение",
    "company": "компания",
    "responsible": "ответственный",
    "branch": "филиал",
}


def label_of(entity: type[Company | Contact], name: str) -> str:
    table = COMPANY if entity is Company else CONTACT
    field = table.get(name)
    return field.label if field else OTHER_LABELS.get(name.partition(":")[0], name)
