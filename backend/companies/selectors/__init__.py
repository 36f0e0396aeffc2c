"""Answers about companies."""

from companies.selectors.callers import Caller, who_calls
from companies.selectors.card import CompanyCard, ContactLine, company_card
from companies.selectors.listing import CompanyPage, CompanyRow, search_companies
from companies.selectors.numbers import PhoneLine
from companies.selectors.people import PeoplePage, PersonRow, search_people

__all__ = [
    "Caller",
    "CompanyCard",
    "CompanyPage",
    "CompanyRow",
    "ContactLine",
    "PeoplePage",
    "PersonRow",
    "PhoneLine",
    "company_card",
    "search_companies",
    "search_people",
    "who_calls",
]
