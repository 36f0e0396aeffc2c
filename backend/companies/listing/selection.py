"""Rows that a filter means to a person: one way for lists, REST, bulk work and export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from common.clock import local_day
from common.errors import DomainError
from companies.listing.companies import COMPANY_READERS
from companies.listing.conditions import NOTHING, Asker, Reader, all_of
from companies.listing.contacts import CONTACT_READERS
from companies.listing.fields import COMPANIES, CONTACTS
from companies.listing.grammar import Filter, Grammar, parse
from companies.listing.saved import resolve
from companies.listing.text import companies_q, contacts_q
from companies.models import Company, CompanyQuerySet, Contact
from companies.models.contact import ContactQuerySet

_READERS: dict[str, dict[str, Reader]] = {"company": COMPANY_READERS, "contact": CONTACT_READERS}
_TEXTS: dict[str, Callable[[User, str], Q]] = {"company": companies_q, "contact": contacts_q}


class UnknownFilter(DomainError):
    """A part of the filter is not understood; leaving it out would widen the set."""

    code = "unknown_filter"


def filter_q(found: Filter, user: User, *, now: datetime | None = None) -> Q:
    """The condition of a filter over the rows of its subject. A filter with problems means no rows."""
    if found.problems:
        return NOTHING
    subject = found.grammar.subject
    asker = Asker(user, local_day(now or timezone.now(), user.day_zone))
    parts = [_READERS[subject][one.field](one, asker) for one in found.conditions]
    if found.q:
        parts.append(_TEXTS[subject](user, found.q))
    return all_of(parts)


def apply[Rows: (CompanyQuerySet, ContactQuerySet)](
    found: Filter, rows: Rows, user: User, *, now: datetime | None = None
) -> Rows:
    """The rows that the filter means; their order stays. `rows` are of the filter's subject."""
    return rows.filter(filter_q(found, user, now=now))


def selection(user: User, verb: str, query: str | QueryDict) -> CompanyQuerySet:
    """Companies that `user` may touch with `verb` and that `query` means; no order. Raises UnknownFilter."""
    found = read_filter(user, query, COMPANIES)
    return Company.objects.allowed(user, verb).filter(filter_q(found, user))


def contact_selection(user: User, verb: str, query: str | QueryDict) -> ContactQuerySet:
    """The same for contacts."""
    found = read_filter(user, query, CONTACTS)
    return Contact.objects.allowed(user, verb).filter(filter_q(found, user))


def read_filter(user: User, query: str | QueryDict, grammar: Grammar) -> Filter:
    """What `query` means with its saved view under it. Raises UnknownFilter."""
    found = resolve(user, parse(query, grammar))
    if found.problems:
        words = "; ".join(dict.fromkeys(one.text for one in found.problems))
        raise UnknownFilter(words, fields=[one.key for one in found.problems])
    return found
