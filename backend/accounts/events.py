"""What open sockets hear about a person's rights and log-ins, always after commit."""

from __future__ import annotations

from accounts.models import User
from common.realtime import publish_on_commit


def rights_changed(user: User) -> None:
    """Open sockets of the person read the rights again; one whose log-in has ended closes."""
    publish_on_commit(f"access.{user.pk}", {"type": "access", "user": user.pk})


def branch_changed(branch_id: int) -> None:
    """Whatever hangs on the branch asks whether it is still at work."""
    publish_on_commit(f"access.branch.{branch_id}", {"type": "recheck"})


def session_ended(user: User, session_mark: str) -> None:
    """Pages of this one web session close."""
    publish_on_commit(f"access.{user.pk}", {"type": "logout", "session": session_mark})
