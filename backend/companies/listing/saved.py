"""Saved views: which of them a person sees, and the one under an address."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Q, QuerySet

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from companies.listing.grammar import Filter, Problem, over, parse
from companies.models import SavedView, Sharing

GONE = "Такого представления нет"


def views_of(user: User, subject: str) -> QuerySet[SavedView]:
    """One's own, those of one's branch (of every branch for who may share in every one), those for all."""
    branch = Q(sharing=Sharing.BRANCH)
    if scope.reach(user, "view_share_branch") != Reach.ALL:
        branch &= Q(branch=user.branch_id or 0)
    seen = Q(owner=user) | Q(sharing=Sharing.ALL) | branch
    return SavedView.objects.filter(seen, subject=subject).select_related("branch", "owner")


def base_of(view: SavedView, found: Filter) -> Filter:
    """What the view alone says."""
    return parse(view.query, found.grammar)


def resolve(user: User, own: Filter) -> Filter:
    """`own` over the view that it names; a view that `user` does not see is a problem."""
    if own.view is None:
        return own
    view = views_of(user, own.grammar.subject).filter(pk=own.view).first()
    return with_view(view, own)


def with_view(view: SavedView | None, own: Filter) -> Filter:
    """`own` over a view that was read already; None: there is no such view."""
    if view is None:
        return replace(own, problems=(*own.problems, Problem("view", str(own.view), GONE)))
    return over(base_of(view, own), own)
