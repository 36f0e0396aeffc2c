"""One rule, two forms: the SQL of a verb and the answer about one card agree in every world (A-7, A-8)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import DataScope, Reach, Role
from companies import access
from companies.models import Company, Contact

pytestmark = pytest.mark.django_db
VERBS = sorted(set(scope.RULES) - scope.SYSTEM_VERBS)
BRANCHES = ("a", "b")
WIDER_SCOPE = (DataScope.SELF, DataScope.BRANCH, DataScope.GLOBAL)
WIDER_ROLE = (Role.MANAGER, Role.SALES_HEAD, Role.GROUP_MANAGER, Role.ADMIN)


@dataclass(frozen=True)
class Person:
    role: Role
    data_scope: DataScope
    branch: str | None
    is_active: bool
    is_superuser: bool


@dataclass(frozen=True)
class Card:
    """`owner` counts people of the world; a company, or a contact without one."""

    owner: int | None
    branch: str | None
    is_deleted: bool


people = st.builds(
    Person,
    role=st.sampled_from(Role),
    data_scope=st.sampled_from(DataScope),
    branch=st.sampled_from([None, *BRANCHES]),
    is_active=st.sampled_from([True, True, True, False]),
    is_superuser=st.sampled_from([False, False, False, True]),
)
cards = st.builds(
    Card,
    owner=st.sampled_from([None, 0, 1, 2]),
    branch=st.sampled_from([None, *BRANCHES]),
    is_deleted=st.sampled_from([False, False, True]),
)
worlds = st.tuples(st.lists(people, min_size=3, max_size=3), st.lists(cards, min_size=1, max_size=8))
in_many_worlds = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(world: tuple[list[Person], list[Card]]) -> tuple[list[User], list[Company], list[Contact]]:
    """The rows of a world, alone in the base."""
    for model in (Contact, Company, User, Branch):
        model._default_manager.all().delete()
    branches = {code: Branch.objects.create(code=code, name=code) for code in BRANCHES}
    users = [
        User.objects.create(
            username=f"u{n}",
            role=person.role,
            data_scope=person.data_scope,
            branch=branches.get(person.branch or ""),
            is_active=person.is_active,
            is_superuser=person.is_superuser,
        )
        for n, person in enumerate(world[0])
    ]
    companies, contacts = [], []
    for n, card in enumerate(world[1]):
        owned = {
            "responsible": None if card.owner is None else users[card.owner],
            "branch": branches.get(card.branch or ""),
            "deleted_at": timezone.now() if card.is_deleted else None,
        }
        companies.append(Company.objects.create(name=f"c{n}", **owned))
        contacts.append(Contact.objects.create(last_name=f"own{n}", **owned))
        contacts.append(Contact.objects.create(last_name=f"of{n}", company=companies[-1]))
    return users, companies, contacts


def seen(user: User, verb: str) -> set[int]:
    return set(Company.objects.filter(access.company_q(user, verb)).values_list("pk", flat=True))


@in_many_worlds
@given(world=worlds)
def test_the_list_holds_exactly_the_cards_that_one_may_touch(world: tuple[list[Person], list[Card]]) -> None:
    users, companies, contacts = build(world)
    for user in users:
        for verb in VERBS:
            assert seen(user, verb) == {c.pk for c in companies if access.can(user, verb, c).ok}, verb
            listed = set(Contact.objects.filter(access.contact_q(user, verb)).values_list("pk", flat=True))
            if verb not in {"restore", "purge"}:
                assert listed == {c.pk for c in contacts if access.can_contact(user, verb, c).ok}, verb


@in_many_worlds
@given(world=worlds)
def test_one_touches_only_what_one_sees_and_a_wider_right_loses_nothing(
    world: tuple[list[Person], list[Card]],
) -> None:
    users, companies, _ = build(world)
    live = {c.pk for c in companies if c.deleted_at is None}
    for user in users:
        visible = seen(user, "view")
        for verb in VERBS:
            if verb not in {"restore", "purge"}:
                assert seen(user, verb) <= visible <= live
        if user.is_admin and user.is_active:
            assert visible == live
    user = users[0]
    for verb in ("view", "change", "lead_decide"):
        for name, ladder in (("data_scope", WIDER_SCOPE), ("role", WIDER_ROLE)):
            before = getattr(user, name)
            rows: set[int] = set()
            for step in ladder:
                setattr(user, name, step)
                wider = seen(user, verb)
                assert rows <= wider, (verb, name, step)
                rows = wider
            setattr(user, name, before)


@in_many_worlds
@given(world=worlds)
def test_a_refusal_has_words(world: tuple[list[Person], list[Card]]) -> None:
    users, companies, _ = build(world)
    for user in users:
        for company in companies:
            verdict = access.can(user, "change", company)
            assert verdict.ok or (verdict.code and verdict.reason.endswith((".", "».")))


def test_reaches_are_ordered() -> None:
    assert sorted(Reach) == [Reach.NONE, Reach.OWN, Reach.BRANCH, Reach.ALL]
