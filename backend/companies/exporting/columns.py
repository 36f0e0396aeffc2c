"""What a row of the export holds, and how cells are made safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from common import phones
from companies.models import Company, Contact, EmailAddress, PhoneNumber

Column = tuple[str, Callable[[Company], str]]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one apostrophe before what begins like one."""
    return f"'{text}" if text.lstrip(" \n\u00a0").startswith(FORMULA) else text


def _number(number: PhoneNumber) -> str:
    """«8 (343) 200-00-01, доб. 5»: as offices dial, and no formula."""
    shown = phones.national(number.e164 or "", number.ext) or number.raw
    return f"8{shown[2:]}" if shown.startswith("+7") else shown


def _phones(rows: Sequence[PhoneNumber]) -> str:
    return "; ".join(_number(row) for row in rows)


def _emails(rows: Sequence[EmailAddress]) -> str:
    return "; ".join(row.raw for row in rows)


def _people(company: Company) -> list[Contact]:
    return list(getattr(company, "live_contacts", ()))


def _of_first(company: Company, read: Callable[[Contact], str]) -> str:
    people = _people(company)
    return read(people[0]) if people else ""


def _phones_of(person: Contact) -> str:
    return _phones([*person.phones.all()])


def _emails_of(person: Contact) -> str:
    return _emails(list(person.emails.all()))


COLUMNS: tuple[Column, ...] = (
    ("Код", lambda c: str(c.pk)),
    ("Название", lambda c: c.name),
    ("Полное наименование", lambda c: c.legal_name),
    ("ИНН", lambda c: c.inn or c.inn_raw),
    ("КПП", lambda c: c.kpp),
    ("ОГРН", lambda c: c.ogrn),
    ("Телефон", lambda c: _phones(list(c.phones.all()))),
    ("E-mail", lambda c: _emails(list(c.emails.all()))),
    ("ФИО контакта", lambda c: _of_first(c, lambda p: p.full_name)),
    ("Должность", lambda c: _of_first(c, lambda p: p.position)),
    ("Телефоны контакта", lambda c: _of_first(c, _phones_of)),
    ("E-mail контакта", lambda c: _of_first(c, _emails_of)),
    ("Адрес", lambda c: c.address),
    ("Город", lambda c: c.city),
    ("Сайт", lambda c: c.website),
    ("Вид деятельности", lambda c: c.activity_kind),
    ("Статус", lambda c: c.status.name if c.status else ""),
    ("Сферы", lambda c: "; ".join(s.name for s in c.spheres.all())),
    ("Холодный или тёплый", lambda c: str(c.get_lead_state_display())),
    ("Вид договора", lambda c: c.contract_type.name if c.contract_type else ""),
    ("Договор до", lambda c: f"{c.contract_until:%d.%m.%Y}" if c.contract_until else ""),
    ("Ответственный", lambda c: c.responsible.username if c.responsible else ""),
    ("Филиал", lambda c: c.branch.name if c.branch else ""),
)
HEAD = tuple(title for title, _ in COLUMNS)


def row_of(company: Company) -> list[str]:
    """Cells as text, unseen characters and NUL taken out."""
    return [_clean(read(company)) for _, read in COLUMNS]


def _clean(value: Any) -> str:
    return "".join(c for c in str(value) if c.isprintable() or c in "\n")
