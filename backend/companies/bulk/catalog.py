"""All actions by key, and which of them a role ever has."""

from __future__ import annotations

from accounts import scope
from accounts.models import User
from accounts.roles import Reach
from companies import access
from companies.bulk.actions import Action, SetBranch, SetLink, Spheres
from companies.bulk.special import AskDeletion, MarkCold, ResetCold, Responsible, SetLead
from companies.records import BadRecord

ACTIONS: dict[str, Action] = {
    action.key: action
    for action in (
        Responsible(),
        SetLink("status", "Изменить статус"),
        Spheres("sphere_add", "Добавить сферу", adds=True),
        Spheres("sphere_remove", "Убрать сферу", adds=False),
        MarkCold(),
        ResetCold(),
        SetLead(),
        SetBranch("branch", "Изменить филиал"),
        AskDeletion(),
    )
}


def action_of(key: str) -> Action:
    """Raises BadRecord."""
    found = ACTIONS.get(key)
    if found is None:
        raise BadRecord("Такого действия нет.", field="action")
    return found


def is_for(user: User, action: Action) -> bool:
    if scope.reach(user, action.verb) == Reach.NONE or scope.reach(user, "bulk") == Reach.NONE:
        return False
    return action.key != "branch" or access.may_set_branch(user)
