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


def branch(branch_id: int) -> str:
    """Published by accounts: the branch itself was changed, perhaps closed."""
    return f"access.branch.{branch_id}"


def wall(branch_id: int) -> str:
    """Somebody of this branch began, ended or reported something: its wallboards look again."""
    return f"wall.{branch_id}"


ALL_WALLS = "wall.all"
# What phones answer to administrators.
FLEET = "fleet.all"


# From services to the processes that count: never joined by a page.
COUNTED = "counted"
STATS = "stats"


def stats_scopes(user_id: int, branch_id: int | None) -> list[str]:
    """The topics of statistics that a call of this person and branch is in."""
    return [f"stats.user.{user_id}", *([f"stats.branch.{branch_id}"] if branch_id is not None else []), "stats.all"]
