"""The addresses of the lists: what they say (grammar), what that means (selection).

`parse(query, COMPANIES)` → `Filter`; `selection(user, verb, query)` → the companies that are meant.
"""

from companies.listing.fields import COMPANIES, CONTACTS
from companies.listing.grammar import SIZES, Condition, Filter, Grammar, Problem, parse
from companies.listing.saved import resolve
from companies.listing.selection import (
    UnknownFilter,
    apply,
    contact_selection,
    filter_q,
    read_filter,
    selection,
)

__all__ = [
    "COMPANIES",
    "CONTACTS",
    "SIZES",
    "Condition",
    "Filter",
    "Grammar",
    "Problem",
    "UnknownFilter",
    "apply",
    "contact_selection",
    "filter_q",
    "parse",
    "read_filter",
    "resolve",
    "selection",
]
