"""Names of the topics that this app publishes to."""

from __future__ import annotations

ALL_CALLS = "calls.all"


def phone(user_id: int) -> str:
    """Wakes for the person's phones."""
    return f"phone.{user_id}"


def person(user_id: int) -> str:
    """Everything for one person's pages."""
    return f"user.{user_id}"


def branch_calls(branch_id: int) -> str:
    return f"calls.branch.{branch_id}"


def company(company_id: int) -> str:
    return f"company.{company_id}"
