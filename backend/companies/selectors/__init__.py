"""Answers about companies."""

from companies.selectors.callers import Caller, Candidates, Holder, candidates_of, holders_of, who_calls
from companies.selectors.card import CompanyCard, ContactLine, company_card
from companies.selectors.listing import CompanyPage, CompanyRow, search_companies
from companies.selectors.numbers import PhoneLine
from companies.selectors.people import PeoplePage, PersonRow, search_people

__all__ = [
    "Caller",
    "Candidates",
    "CompanyCard",
    "CompanyPage",
    "CompanyRow",
    "ContactLine",
    "Holder",
    "PeoplePage",
    "PersonRow",
    "PhoneLine",
    "candidates_of",
    "company_card",
    "holders_of",
    "search_companies",
    "search_people",
    "who_calls",
]
