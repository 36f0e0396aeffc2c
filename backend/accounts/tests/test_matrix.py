"""The rights matrix, written out a second time by hand: RULES may not drift from it (A-2…A-8)."""

from __future__ import annotations

import pytest

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import DataScope, Reach, Role

# «all» under a verb on company data means «as far as DataScope shows».
MATRIX = """
thing                                            | manager | sales_head | branch_director | group_manager | admin
view dial note_add                               | all     | all        | all             | all           | all
lead_request delete_request                      | all     | all        | all             | all           | all
change contact_edit phone_edit mark_cold         | own     | br         | br              | all           | all
transfer merge bulk export                       | own     | br         | br              | all           | all
import_row undo_import                           | own     | br         | br              | all           | all
lead_decide lead_set reset_cold dnc_clear        | no      | br         | br              | all           | all
calls_lead                                       | no      | br         | br              | all           | all
view_share_branch                                | no      | br         | br              | all           | all
view_share_all                                   | no      | no         | no              | all           | all
delete delete_decide restore purge               | no      | no         | no              | no            | all
calls_view                                       | own     | br         | br              | all           | all
audit_view                                       | no      | br         | br              | all           | all
system_admin                                     | no      | no         | no              | no            | all
"""
WORDS = {"no": Reach.NONE, "own": Reach.OWN, "br": Reach.BRANCH, "all": Reach.ALL}


def written() -> dict[str, dict[Role, Reach]]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in MATRIX.strip().splitlines()]
    roles = [Role(name) for name in head[1:]]
    return {
        verb: {role: WORDS[word] for role, word in zip(roles, cells, strict=True)}
        for verbs, *cells in lines
        for verb in verbs.split()
    }


TABLE = written()
CELLS = [(verb, role) for verb in TABLE for role in Role]


def test_every_verb_stands_in_the_matrix() -> None:
    assert set(scope.RULES) == set(TABLE)
    assert all(set(row) == set(Role) for row in scope.RULES.values())


@pytest.mark.parametrize(("verb", "role"), CELLS, ids=[f"{verb}-{role.value}" for verb, role in CELLS])
def test_cell(verb: str, role: Role) -> None:
    mine, other = Branch(pk=1, code="a"), Branch(pk=2, code="b")
    user = User(pk=7, role=role, branch=mine, is_active=True)
    level = TABLE[verb][role]
    assert scope.reach(user, verb) == level
    got = {
        "own": scope.may(user, verb, owner_id=user.pk, branch_id=other.pk),
        "branch": scope.may(user, verb, owner_id=8, branch_id=mine.pk),
        "foreign": scope.may(user, verb, owner_id=8, branch_id=other.pk),
        "nobody's": scope.may(user, verb, owner_id=None, branch_id=None),
    }
    assert got == {
        "own": level >= Reach.OWN,
        "branch": level >= Reach.BRANCH,
        "foreign": level == Reach.ALL,
        "nobody's": level == Reach.ALL,
    }


@pytest.mark.parametrize("verb", TABLE)
def test_an_inactive_person_reaches_nothing_and_a_superuser_all(verb: str) -> None:
    assert scope.reach(User(role=Role.ADMIN, is_active=False), verb) == Reach.NONE
    assert scope.reach(User(role=Role.MANAGER, is_active=True, is_superuser=True), verb) == Reach.ALL


def test_without_a_branch_the_branch_is_oneself() -> None:
    head = User(pk=7, role=Role.SALES_HEAD, data_scope=DataScope.BRANCH, is_active=True)
    assert scope.may(head, "change", owner_id=7, branch_id=None)
    assert not scope.may(head, "change", owner_id=8, branch_id=None)
    assert not scope.may(head, "view", owner_id=None, branch_id=None)


def test_change_never_exceeds_sight() -> None:
    head = User(pk=7, role=Role.SALES_HEAD, branch=Branch(pk=1), data_scope=DataScope.SELF, is_active=True)
    assert not scope.may(head, "change", owner_id=8, branch_id=1)
    assert scope.may(head, "calls_view", owner_id=8, branch_id=1)
