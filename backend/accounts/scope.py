"""The scope engine: one table of rights, one way to turn it into SQL.

`RULES` is the rights matrix (docs/architecture.md, «Права»). Apps above say which of their columns mean
«own» and «branch»; nobody writes a second condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from accounts.models import User
from accounts.roles import DataScope, Reach, Role

ANY = dict.fromkeys(Role, Reach.ALL)


def _rule(manager: Reach, head: Reach, group: Reach = Reach.ALL, admin: Reach = Reach.ALL) -> dict[Role, Reach]:
    return {
        Role.MANAGER: manager,
        Role.SALES_HEAD: head,
        Role.BRANCH_DIRECTOR: head,
        Role.GROUP_MANAGER: group,
        Role.ADMIN: admin,
    }


_EDIT = _rule(Reach.OWN, Reach.BRANCH)
_LEAD = _rule(Reach.NONE, Reach.BRANCH)
_ADMIN = _rule(Reach.NONE, Reach.NONE, Reach.NONE)

RULES: Final[dict[str, dict[Role, Reach]]] = {
    # companies, contacts and all that hangs on them; «view»-like verbs are cut by DataScope alone
    "view": ANY,
    "dial": ANY,
    "note_add": ANY,
    "lead_request": ANY,
    "delete_request": ANY,
    "change": _EDIT,
    "contact_edit": _EDIT,
    "phone_edit": _EDIT,
    "mark_cold": _EDIT,
    "transfer": _EDIT,
    "merge": _EDIT,
    "import_row": _EDIT,
    "bulk": _EDIT,
    "export": _EDIT,
    "undo_import": _EDIT,
    "reset_cold": _LEAD,
    "lead_set": _LEAD,
    "lead_decide": _LEAD,
    "dnc_clear": _LEAD,
    "view_share_branch": _LEAD,
    "view_share_all": _rule(Reach.NONE, Reach.NONE),
    "delete": _ADMIN,
    "delete_decide": _ADMIN,
    "restore": _ADMIN,
    "purge": _ADMIN,
    # calls, statistics, presence, a call's note and live stream: by the branch stored on the call
    "calls_view": _EDIT,
    # plans, the wallboard and its televisions: whoever leads those who call
    "calls_lead": _LEAD,
    # rooms of the administrator
    "audit_view": _rule(Reach.NONE, Reach.BRANCH),
    "system_admin": _ADMIN,
}

# Verbs on company data whose rows are cut by visibility as well (mutation never exceeds it).
SYSTEM_VERBS: Final = frozenset({"calls_view", "calls_lead", "audit_view", "system_admin"})


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a model that mean «own» and «branch», as ORM paths."""

    owner: str
    branch: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer to «may I?» with a code for programs and a reason for people."""

    ok: bool
    code: str = ""
    reason: str = ""


EVERYTHING = Q()
NOTHING = Q(pk__in=[])


def reach(user: User, verb: str) -> Reach:
    """How far `user` reaches with `verb`. An inactive person reaches nothing."""
    if not user.is_active:
        return Reach.NONE
    return RULES[verb][user.effective_role]


def visibility(user: User) -> Reach:
    """The reach of a person's DataScope; an administrator sees all."""
    if not user.is_active:
        return Reach.NONE
    if user.is_admin or user.data_scope == DataScope.GLOBAL:
        return Reach.ALL
    return Reach.BRANCH if user.data_scope == DataScope.BRANCH else Reach.OWN


def owners(user: User) -> list[int]:
    """People whose rows count as own."""
    return [user.pk]


def reach_q(user: User, level: Reach, columns: Columns) -> Q:
    """SQL of a reach: OWN by owner, BRANCH adds the person's branch, ALL is true."""
    if level == Reach.NONE:
        return NOTHING
    if level == Reach.ALL:
        return EVERYTHING
    own = Q(**{f"{columns.owner}__in": owners(user)})
    if level == Reach.BRANCH and user.branch_id is not None:
        return own | Q(**{columns.branch: user.branch_id})
    return own


def allowed_q(user: User, verb: str, columns: Columns) -> Q:
    """SQL of «`user` may do `verb` to this row»: visible ∧ reach."""
    level = reach(user, verb)
    if verb in SYSTEM_VERBS:
        return reach_q(user, level, columns)
    return reach_q(user, min(visibility(user), level), columns)


def within(user: User, level: Reach, *, owner_id: int | None, branch_id: int | None) -> bool:
    """`reach_q` for one row that is already in hand."""
    if level in {Reach.NONE, Reach.ALL}:
        return level == Reach.ALL
    if owner_id is not None and owner_id in owners(user):
        return True
    return level == Reach.BRANCH and user.branch_id is not None and branch_id == user.branch_id


def may(user: User, verb: str, *, owner_id: int | None, branch_id: int | None) -> bool:
    """`allowed_q` for one row that is already in hand."""
    level = reach(user, verb)
    if verb not in SYSTEM_VERBS:
        level = min(visibility(user), level)
    return within(user, level, owner_id=owner_id, branch_id=branch_id)
