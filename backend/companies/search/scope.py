"""Whose card a row is, as marks inside the row: the index is cut by rights before anything is read.

A typed word has no «!», so nobody can ask for a mark. The marks are a hint, the card is the truth: what is found
passes `allowed` once more.
"""

from __future__ import annotations

from accounts import scope
from accounts.models import User
from accounts.roles import Reach


def marks(*, branch_id: int | None, owner_id: int | None) -> tuple[str, ...]:
    """The marks of a row; a card without owner and branch has none and is seen by those who see all."""
    branch = () if branch_id is None else (f"!b{branch_id}",)
    return branch if owner_id is None else (*branch, f"!u{owner_id}")


def wanted_marks(viewer: User) -> tuple[str, ...]:
    """A row needs one of these; empty for a viewer who sees all."""
    level = min(scope.visibility(viewer), scope.reach(viewer, "view"))
    if level == Reach.ALL:
        return ()
    own = tuple(f"!u{pk}" for pk in scope.owners(viewer))
    return (f"!b{viewer.branch_id}", *own) if level == Reach.BRANCH and viewer.branch_id is not None else own


def sees_anything(viewer: User) -> bool:
    return min(scope.visibility(viewer), scope.reach(viewer, "view")) != Reach.NONE
