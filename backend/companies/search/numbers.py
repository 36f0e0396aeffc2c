"""Digits and addresses are searched where they stand: numbers, e-mails, INN, KPP and OGRN of the cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Reverse

from accounts.models import User
from common import emails, phones
from companies import access
from companies.models import Company, CompanyQuerySet, EmailAddress, PhoneNumber, SearchRow
from companies.search.parse import INN_AND_KPP, Asked

WHOLE_INN = {10, 12}


@dataclass(frozen=True, slots=True)
class Held:
    """A number or an address and its holder; `name` is the field for people, `is_whole` that all of it was typed."""

    company_id: int | None
    contact_id: int | None
    name: str
    is_whole: bool
    phone_id: int | None = None


def phone_match(asked: Asked) -> Q:
    """Numbers that begin or end with the digits; a leading 8 means 7, and 7 may be left out."""
    if asked.e164:
        return Q(digits__startswith=asked.e164) | Q(tail__startswith=asked.e164[::-1])
    digits = phones.search_digits(asked.digits)
    starts = {asked.digits, digits}
    if asked.digits.startswith("8"):
        starts.add("7" + asked.digits[1:])
    if len(digits) <= 10:
        starts.add("7" + digits)
    return reduce(or_, (Q(digits__startswith=start) for start in sorted(starts)), Q(tail__startswith=digits[::-1]))


def requisite_match(digits: str) -> Q:
    """INN and OGRN from either end; nineteen digits are an INN with its KPP. Needs `with_tails`."""
    if len(digits) == INN_AND_KPP:
        return Q(inn=digits[:10], kpp=digits[10:])
    tail = digits[::-1]
    inn = Q(inn__startswith=digits) | Q(inn_tail__startswith=tail, inn__isnull=False)
    return inn | (~Q(ogrn="") & (Q(ogrn__startswith=digits) | Q(ogrn_tail__startswith=tail)))


def with_tails(companies: CompanyQuerySet) -> CompanyQuerySet:
    """Companies with INN and OGRN read backwards, for `requisite_match`."""
    return companies.alias(inn_tail=Reverse("inn"), ogrn_tail=Reverse("ogrn"))


def find_phones(viewer: User, asked: Asked) -> Iterator[Held]:
    rows = PhoneNumber.objects.filter(phone_match(asked)).filter(access.held_q(viewer, "view")).order_by()
    for pk, company, contact, digits, raw in rows.values_list("pk", "company_id", "contact_id", "digits", "raw")[
        : settings.SEARCH["stage"]
    ]:
        is_whole = digits in {asked.e164, asked.digits}
        yield Held(company, contact, phone_name(digits or phones.only_digits(raw)), is_whole, pk)


def phone_name(digits: str) -> str:
    """«тел. …45-67»."""
    return f"тел. …{digits[-4:-2]}-{digits[-2:]}" if len(digits) > 4 else f"тел. {digits}"


def find_requisites(viewer: User, asked: Asked) -> Iterator[Held]:
    digits = asked.digits
    rows = with_tails(Company.objects.visible_to(viewer)).filter(requisite_match(digits))
    for pk, inn, ogrn in rows.values_list("pk", "inn", "ogrn")[: settings.SEARCH["stage"]]:
        yield Held(pk, None, *requisite_name(digits, inn or "", ogrn))


def requisite_name(digits: str, inn: str, ogrn: str) -> tuple[str, bool]:
    """Which of them the digits belong to ('': none), and whether all of it was typed."""
    if len(digits) == INN_AND_KPP and inn == digits[:10]:
        return "ИНН и КПП", True
    for name, value in (("ИНН", inn), ("ОГРН", ogrn)):
        if value.startswith(digits) or value.endswith(digits):
            return name, value == digits
    return "", False


def email_match(asked: Asked) -> Q:
    """Addresses that begin so; without a part before the «@», addresses of such a domain."""
    local, host = _email_parts(asked)
    return Q(norm__startswith=f"{local}@{host}") if local else Q(domain__startswith=host)


def _email_parts(asked: Asked) -> tuple[str, str]:
    local, _, domain = asked.email.rpartition("@")
    return local, emails.ascii_domain(domain) or domain


def find_emails(viewer: User, asked: Asked) -> Iterator[Held]:
    local, host = _email_parts(asked)
    rows = EmailAddress.objects.filter(email_match(asked)).filter(access.held_q(viewer, "view")).order_by()
    for company, contact, norm in rows.values_list("company_id", "contact_id", "norm")[: settings.SEARCH["stage"]]:
        yield Held(company, contact, f"почта {norm}", norm == f"{local}@{host}")


def tail_match(asked: Asked) -> Q:
    """Numbers that end with the digits beside a word: beginnings there would mean whole towns."""
    whole = asked.e164 or phones.search_digits(asked.digits)
    return Q(tail__startswith=whole[::-1])


def beside_words(rows: QuerySet[SearchRow], viewer: User, asked: Asked) -> list[QuerySet[SearchRow]]:
    """Those of the rows whose company, people or self hold the digits at an end; reads the few holders first."""
    most = settings.SEARCH["holders"]
    held = PhoneNumber.objects.filter(tail_match(asked)).filter(access.held_q(viewer, "view")).order_by()
    companies: set[int] = set()
    lone: set[int] = set()
    for own, person, via in held.values_list("company_id", "contact_id", "contact__company_id")[:most]:
        group = own if own is not None else via
        if group is not None:
            companies.add(group)
        elif person is not None:
            lone.add(person)
    tail = asked.digits[::-1]
    requisite = Q(inn_tail__startswith=tail, inn__isnull=False) | (~Q(ogrn="") & Q(ogrn_tail__startswith=tail))
    known = with_tails(Company.objects.visible_to(viewer)).filter(requisite)
    companies.update(known.values_list("pk", flat=True)[:most])
    return [
        rows.filter(Q(company_id__in=companies) | Q(contact_id__in=lone)),
        rows.filter(contact__company_id__in=companies),
    ]
