"""What a text typed above a list means: the rules of the search (companies/search) as a condition over the cards."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from companies.listing.conditions import NOTHING, any_of
from companies.models import Company, EmailAddress, PhoneNumber, SearchRow
from companies.models.numbers import HELD, HOLDER
from companies.search import numbers
from companies.search.conditions import rows_with
from companies.search.parse import Asked, parse
from companies.search.scope import wanted_marks

OF_COMPANY = Coalesce("company_id", "contact__company_id")


def companies_q(user: User, text: str) -> Q:
    """Companies whose name, requisites, numbers, addresses or people are meant; nothing where the text has a hint."""
    asked = parse(text)
    if asked.is_empty:
        return NOTHING
    if asked.email:
        return Q(pk__in=_holders(EmailAddress, numbers.email_match(asked)))
    parts = []
    if asked.all_words:
        parts.append(Q(pk__in=_ids(_named(user, asked.all_words))))
    if asked.is_mixed:
        beside = Q(pk__in=_ids(_named(user, asked.words)))
        held = any_of([Q(pk__in=_holders(PhoneNumber, numbers.tail_match(asked))), _with_requisite(asked)])
        parts.append(beside & held)
    elif asked.digits:
        parts += [Q(pk__in=_holders(PhoneNumber, numbers.phone_match(asked))), _with_requisite(asked)]
    return any_of(parts)


def contacts_q(user: User, text: str) -> Q:
    """People by their name, numbers and addresses, and by the name or requisites of their company."""
    asked = parse(text)
    if asked.is_empty:
        return NOTHING
    if asked.email:
        return Q(pk__in=_people(EmailAddress, numbers.email_match(asked)))
    parts = []
    if asked.all_words:
        parts.append(_person(_named(user, asked.all_words)))
    if asked.is_mixed:
        held = Q(pk__in=_people(PhoneNumber, numbers.tail_match(asked)))
        parts.append(_person(_named(user, asked.words)) & held)
    elif asked.digits:
        found = Company.objects.filter(_with_requisite(asked)).values("pk")
        parts += [Q(pk__in=_people(PhoneNumber, numbers.phone_match(asked))), Q(company__in=found)]
    return any_of(parts)


def _named(user: User, words: tuple[str, ...]) -> QuerySet[SearchRow]:
    """Rows with a word that begins with each of these, cut by rights inside the index."""
    return rows_with([(word,) for word in words], marks=wanted_marks(user), is_prefix=True)


def _ids(rows: QuerySet[SearchRow]) -> QuerySet[SearchRow, Any]:
    return rows.annotate(card=OF_COMPANY).filter(card__isnull=False).values("card")


def _person(rows: QuerySet[SearchRow]) -> Q:
    own = rows.filter(contact__isnull=False).values("contact_id")
    return Q(pk__in=own) | Q(company__in=rows.filter(company__isnull=False).values("company_id"))


def _holders(model: type[PhoneNumber] | type[EmailAddress], match: Q) -> QuerySet[Any, Any]:
    return model.objects.filter(match).filter(HELD).order_by().annotate(holder=HOLDER).values("holder")


def _people(model: type[PhoneNumber] | type[EmailAddress], match: Q) -> QuerySet[Any, Any]:
    return model.objects.filter(match, contact__isnull=False).order_by().values("contact_id")


def _with_requisite(asked: Asked) -> Q:
    found = numbers.with_tails(Company.objects.all()).filter(numbers.requisite_match(asked.digits))
    return Q(pk__in=found.values("pk"))
