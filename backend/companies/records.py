"""What is derived from what was typed: folded names, E.164, hosts. Sets columns, writes nothing.

Services and bulk loads pass every row through here, so that search finds what people typed.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from accounts.models import Branch, User
from common import emails, phones
from common.errors import DomainError
from common.requisites import is_kpp
from common.text import fold
from companies.models import Company, Contact, EmailAddress, PhoneNumber

MAX_FOLDED_COMPANY = 800
MAX_FOLDED_CONTACT = 400
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class BadRecord(DomainError):
    """A value that the record cannot hold; `field` names it."""

    code = "bad_record"


class BadPhoneText(BadRecord):
    code = "bad_phone"


class BadEmail(BadRecord):
    code = "bad_email"


def clean(text: str, *, field: str, longest: int) -> str:
    """`text` without unseen characters; refused when it is longer than the column, never cut."""
    kept = phones.clean_text(text)
    if len(kept) > longest:
        raise BadRecord(f"Слишком длинное значение: не больше {longest} знаков.", field=field)
    return kept


def fold_company(name: str, legal_name: str) -> str:
    """The name's words, then those of the legal name that are not among them."""
    base = fold(name).split()
    more = [word for word in fold(legal_name).split() if word not in base]
    return " ".join(base + more)[:MAX_FOLDED_COMPANY].strip()


def site_host(website: str) -> str:
    """The host of an address that people typed, without «www.», or ''."""
    text = website.strip()
    if not text:
        return ""
    try:
        host = urlsplit(text if _SCHEME.match(text) else f"//{text}").hostname or ""
    except ValueError:
        return ""
    host = host.removeprefix("www.").rstrip(".")
    return (emails.ascii_domain(host) or host)[:255] if "." in host else ""


def prepare_inn(company: Company, inn: str) -> None:
    """`inn` keeps 10 or 12 digits; anything else is kept as written and matches nothing."""
    typed = phones.clean_text(inn)
    digits = phones.only_digits(typed)
    if len(digits) in {10, 12} and re.fullmatch(r"[\d\s-]+", typed):
        company.inn, company.inn_raw = digits, ""
    else:
        company.inn, company.inn_raw = None, clean(inn, field="inn", longest=255)


def prepare_requisites(company: Company, *, inn: str, kpp: str) -> None:
    """Both numbers as typed; refused together when they cannot belong to one company."""
    prepare_inn(company, inn)
    company.kpp = phones.clean_text(kpp).upper()
    check_requisites(company)


def check_requisites(company: Company) -> None:
    """Shapes that the database refuses too. Raises BadRecord."""
    if company.kpp and not is_kpp(company.kpp):
        raise BadRecord("КПП записывается девятью знаками, например 667101001.", field="kpp")
    if company.kpp and company.inn is not None and len(company.inn) == 12:
        raise BadRecord("У предпринимателя (ИНН из 12 цифр) нет КПП.", field="kpp")


def prepare_company(company: Company) -> Company:
    """Set what is derived from the card's own columns."""
    company.folded = fold_company(company.name, company.legal_name)
    company.site_host = site_host(company.website)
    return company


def prepare_contact(contact: Contact) -> Contact:
    contact.folded = fold(contact.full_name)[:MAX_FOLDED_CONTACT].strip()
    return contact


def prepare_phone(phone: PhoneNumber, raw: str, *, area_code: str) -> PhoneNumber:
    """Set raw, E.164, extension and digits. Raises BadPhoneText for what no column could hold."""
    typed = phones.clean_text(raw)
    if not typed:
        raise BadPhoneText("Укажите номер телефона.", field="phone")
    if len(typed) > phones.MAX_RAW:
        raise BadPhoneText(f"Номер длиннее {phones.MAX_RAW} знаков.", field="phone")
    if phones.holds_several(typed):
        raise BadPhoneText("Один номер в строке.", field="phone")
    number = phones.normalise(typed, area_code=area_code)
    phone.raw = number.raw
    phone.e164 = number.e164 or None
    phone.ext = number.ext
    phone.digits = number.digits
    return phone


def prepare_email(email: EmailAddress, raw: str) -> EmailAddress:
    """Set the address as typed, its normal form and domain. Raises BadEmail."""
    email.raw, email.norm = read_email(raw)
    email.domain = email.norm.rpartition("@")[2]
    return email


def read_email(raw: str) -> tuple[str, str]:
    """The address as typed and its normal form. Raises BadEmail."""
    try:
        return emails.read(raw)
    except emails.BadAddress as error:
        raise BadEmail(error.sentence, field="email") from error


def area_code_of(holder: Company | Contact, actor: User | None = None) -> str:
    """The city code that completes local numbers: of the card's branch, else of the person's."""
    branch: Branch | None = holder.branch
    if isinstance(holder, Contact) and holder.company is not None:
        branch = holder.company.branch
    if branch is None and actor is not None:
        branch = actor.branch
    return branch.area_code if branch else ""
