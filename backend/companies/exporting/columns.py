"""What a row of the export holds, and how cells are made safe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from common import phones
from companies.models import Company, CompanySphere, Contact, EmailAddress, PhoneNumber

FORMULA = ("=", "+", "-", "@", "\t", "\r")
SPACE = re.compile(r"[^\S\n]")
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file; `key` is the name of the list's column where there is one."""

    key: str
    title: str
    read: Callable[[Company], str]


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, without signs that no XLSX can hold.

    One apostrophe stands before what begins like a formula.
    """
    text = UNSEEN.sub("", text)
    return f"'{text}" if text.lstrip(" \n\u00a0").startswith(FORMULA) else text


def seen(text: str) -> str:
    """Without signs that nobody sees, NUL among them; spaces of other kinds are spaces, lines stay."""
    if text.isprintable():
        return text
    return "".join(c for c in SPACE.sub(" ", text) if c.isprintable() or c == "\n")


def _number(number: PhoneNumber) -> str:
    """«8 (343) 200-00-01, доб. 5»: as offices dial, and no formula."""
    shown = phones.national(number.e164 or "", number.ext) or number.raw
    return f"8{shown[2:]}" if shown.startswith("+7") else shown


def _phones(holder: Company | Contact) -> str:
    rows: Sequence[PhoneNumber] = getattr(holder, "all_phones", ())
    return "; ".join(_number(row) for row in rows)


def _emails(holder: Company | Contact) -> str:
    rows: Sequence[EmailAddress] = getattr(holder, "all_emails", ())
    return "; ".join(row.raw for row in rows)


def _spheres(company: Company) -> str:
    rows: Sequence[CompanySphere] = getattr(company, "all_spheres", ())
    return "; ".join(row.name for row in rows)


def _people(company: Company) -> list[Contact]:
    return list(getattr(company, "live_contacts", ()))


def _of_first(company: Company, read: Callable[[Contact], str]) -> str:
    people = _people(company)
    return read(people[0]) if people else ""


COLUMNS: tuple[Column, ...] = (
    Column("id", "Код", lambda c: str(c.pk)),
    Column("name", "Название", lambda c: c.name),
    Column("legal_name", "Юридическое название", lambda c: c.legal_name),
    Column("inn", "ИНН", lambda c: c.inn or c.inn_raw),
    Column("kpp", "КПП", lambda c: c.kpp),
    Column("ogrn", "ОГРН", lambda c: c.ogrn),
    Column("phone", "Телефон", _phones),
    Column("email", "E-mail", _emails),
    Column("person", "ФИО контакта", lambda c: _of_first(c, lambda p: p.full_name)),
    Column("position", "Должность", lambda c: _of_first(c, lambda p: p.position)),
    Column("person_phone", "Телефоны контакта", lambda c: _of_first(c, _phones)),
    Column("person_email", "E-mail контакта", lambda c: _of_first(c, _emails)),
    Column("address", "Адрес", lambda c: c.address),
    Column("city", "Город", lambda c: c.city),
    Column("website", "Сайт", lambda c: c.website),
    Column("activity", "Вид деятельности", lambda c: c.activity_kind),
    Column("status", "Статус", lambda c: c.status.name if c.status else ""),
    Column("spheres", "Сферы", _spheres),
    Column("lead_state", "Холодный или тёплый", lambda c: str(c.get_lead_state_display())),
    Column("contract_type", "Вид договора", lambda c: c.contract_type.name if c.contract_type else ""),
    Column("contract_until", "Договор до", lambda c: f"{c.contract_until:%d.%m.%Y}" if c.contract_until else ""),
    Column("responsible", "Ответственный", lambda c: c.responsible.username if c.responsible else ""),
    Column("branch", "Филиал", lambda c: c.branch.name if c.branch else ""),
)
# shown in lists, asked for by name only: an import has no use for them
MORE: tuple[Column, ...] = (
    Column("call", "Последний звонок", lambda c: _day(getattr(c, "last_call_at", None))),
    Column("created", "Создана", lambda c: _day(c.created_at)),
    Column("updated", "Изменена", lambda c: _day(c.updated_at)),
)
BY_KEY = {column.key: column for column in (*COLUMNS, *MORE)}
# rows beside the card that a column is made of
NEEDS = {
    "phone": "phones",
    "email": "emails",
    "spheres": "spheres",
    **dict.fromkeys(("person", "position", "person_phone", "person_email"), "people"),
    "call": "calls",
}
# columns of a list that are several here
OF_LIST = {"contract": ("contract_type", "contract_until"), "inn": ("inn", "kpp")}


def chosen(keys: Iterable[str]) -> tuple[Column, ...]:
    """These columns in the order of the file, the code always first; unknown keys are left out."""
    wanted = {"id", *keys}
    return tuple(column for column in BY_KEY.values() if column.key in wanted)


def of_list(shown: Iterable[str]) -> list[str]:
    """Keys of the columns that stand for those of a list."""
    return [key for name in shown for key in OF_LIST.get(name, (name,)) if key in BY_KEY]


def needs_of(columns: Sequence[Column]) -> frozenset[str]:
    """What has to be read beside the cards."""
    return frozenset(NEEDS[column.key] for column in columns if column.key in NEEDS)


def head_of(columns: Sequence[Column]) -> list[str]:
    return [column.title for column in columns]


def row_of(company: Company, columns: Sequence[Column]) -> list[str]:
    """Cells as text, without what nobody sees."""
    return [seen(str(column.read(company))) for column in columns]


def _day(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%d.%m.%Y}" if moment else ""
