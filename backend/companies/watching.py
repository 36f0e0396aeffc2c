"""Who may watch a card live: whoever may see it."""

from __future__ import annotations

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from companies.models import Company

MAX_ID = 2**63 - 1


def may_watch_company(user: User, key: str) -> bool:
    """The same answer for an invisible and a missing card."""
    if not key.isdecimal() or len(key) > 19 or int(key) > MAX_ID:
        return False
    return Company.objects.visible_to(user).filter(pk=int(key)).exists()


def may_watch_requests(user: User, key: str) -> bool:
    """Whoever decides some kind of them; the frame itself says nothing."""
    return key == "all" and any(scope.reach(user, verb) != Reach.NONE for verb in ("lead_decide", "delete_decide"))
