"""Answers about companies."""

from companies.selectors.callers import Caller, who_calls
from companies.selectors.card import CompanyCard, ContactLine, company_card
from companies.selectors.listing import (
    PAGE_SIZES,
    CompanyPage,
    CompanyRow,
    ListQuery,
    filter_companies,
    read_query,
    search_companies,
)
from companies.selectors.numbers import PhoneLine

__all__ = [
    "PAGE_SIZES",
    "Caller",
    "CompanyCard",
    "CompanyPage",
    "CompanyRow",
    "ContactLine",
    "ListQuery",
    "PhoneLine",
    "company_card",
    "filter_companies",
    "read_query",
    "search_companies",
    "who_calls",
]
