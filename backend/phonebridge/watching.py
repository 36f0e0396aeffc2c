"""Who may watch which calls live: the same reach as the list (inventory 1.15)."""

from __future__ import annotations

from accounts import scope
from accounts.models import User
from accounts.roles import Reach


def may_watch_calls(user: User, key: str) -> bool:
    """`calls.all` for ALL; `calls.branch.<id>` for the own branch or ALL."""
    reach = scope.reach(user, "calls_view")
    if key == "all":
        return reach == Reach.ALL
    kind, _, number = key.partition(".")
    if kind != "branch" or not number.isdecimal():
        return False
    if reach == Reach.ALL:
        return True
    return reach == Reach.BRANCH and user.branch_id is not None and str(user.branch_id) == number


def live_topics(user: User) -> list[str]:
    """Topics that a page of `user` watches to see every call that the person may see."""
    reach = scope.reach(user, "calls_view")
    if reach == Reach.ALL:
        return ["calls.all"]
    if reach == Reach.BRANCH and user.branch_id is not None:
        return [f"calls.branch.{user.branch_id}"]
    return []


def may_watch_stats(user: User, key: str) -> bool:
    """`stats.user.<id>` is one's own; `stats.branch.<id>` and `stats.all` as the calls themselves."""
    return key == f"user.{user.pk}" or may_watch_calls(user, key)


def stats_topic(user: User) -> str:
    """The topic with the figures of everything that the person may see."""
    reach = scope.reach(user, "calls_view")
    if reach == Reach.ALL:
        return "stats.all"
    if reach == Reach.BRANCH and user.branch_id is not None:
        return f"stats.branch.{user.branch_id}"
    return f"stats.user.{user.pk}"


def may_watch_wall(user: User, key: str) -> bool:
    """`wall.all` for ALL, `wall.<branch>` for who leads that branch or everybody."""
    level = scope.reach(user, "calls_lead")
    if level == Reach.ALL:
        return key == "all" or key.isdecimal()
    return level == Reach.BRANCH and user.branch_id is not None and key == str(user.branch_id)


def may_watch_fleet(user: User, key: str) -> bool:
    """`fleet.all`: what phones answer to administrators."""
    return key == "all" and scope.reach(user, "system_admin") == Reach.ALL
