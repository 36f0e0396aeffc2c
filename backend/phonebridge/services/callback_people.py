"""Whose call-back it is, and who heads the branch."""

from __future__ import annotations

from accounts.models import Branch, User
from accounts.roles import Role
from companies.models import Company

HEADS = (Role.SALES_HEAD, Role.BRANCH_DIRECTOR)


class Nobody(Exception):
    """No person is left who could answer."""


def heads_of(branch: Branch | None) -> list[User]:
    """The active heads of sales of a branch; without one its directors."""
    if branch is None:
        return []
    people = list(User.objects.filter(branch=branch, role__in=HEADS, is_active=True).order_by("pk"))
    chiefs = [person for person in people if person.role == Role.SALES_HEAD]
    return chiefs or people


def assignee_for(branch: Branch | None, company: Company | None, called: User | None) -> User:
    """The active responsible in that branch, else the called person, else the head; somebody in any case."""
    branch_id = branch.pk if branch else None
    keeper = company.responsible if company else None
    if keeper is not None and keeper.is_active and keeper.branch_id == branch_id:
        return keeper
    if called is not None and called.is_active:
        return called
    heads = heads_of(branch)
    if heads:
        return heads[0]
    if called is None:
        raise Nobody
    return called
