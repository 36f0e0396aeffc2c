"""What the services refuse, note and tell (A-1, A-18, D32)."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts import services
from accounts.models import Branch, User
from accounts.roles import DataScope, Reach, Role
from accounts.selectors import people_of
from accounts.tests.doors import Ear, knock
from audit.models import AuditLog
from common.errors import DomainError


@pytest.mark.django_db
def test_a_new_person_logs_in_and_is_noted(ada: User, branch_ekb: Branch) -> None:
    made = services.create_user(actor=ada, username=" vera ", password="vera-knows-it", branch=branch_ekb)
    assert knock("vera", "vera-knows-it").status_code == 200
    row = AuditLog.objects.get(entity_id=str(made.pk), verb="create")
    assert (row.actor, row.meta["role"], row.meta["branch"]) == (ada, "manager", branch_ekb.pk)


@pytest.mark.django_db
def test_a_person_without_a_password_cannot_log_in(ada: User) -> None:
    services.create_user(actor=ada, username="vera", password=None)
    assert knock("vera", "").status_code == 401


@pytest.mark.django_db
def test_a_name_is_taken_whatever_its_case(ada: User, anna: User) -> None:
    with pytest.raises(services.NameTaken):
        services.create_user(actor=ada, username="ANNA", password="x")


@pytest.mark.django_db
def test_nobody_deactivates_oneself_or_the_last_administrator(ada: User, anna: User) -> None:
    with pytest.raises(services.NotOneself):
        services.deactivate(actor=ada, user=ada)
    with pytest.raises(services.LastAdmin):
        services.deactivate(actor=anna, user=ada)
    with pytest.raises(services.LastAdmin):
        services.change_rights(actor=ada, user=ada, role=Role.MANAGER)
    assert User.objects.get(pk=ada.pk).is_active


@pytest.mark.django_db
def test_a_superuser_counts_as_an_administrator(ada: User, anna: User) -> None:
    anna.is_superuser = True
    anna.save()
    services.change_rights(actor=anna, user=anna, role=Role.SALES_HEAD)
    assert anna.is_admin
    services.deactivate(actor=anna, user=ada)
    with pytest.raises(services.LastAdmin):
        services.deactivate(actor=ada, user=anna)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_remove_each_other_at_once(ada: User, anna: User) -> None:
    services.change_rights(actor=ada, user=anna, role=Role.ADMIN)
    start = threading.Barrier(2)
    refused: list[str] = []

    def remove(actor: User, user: User) -> None:
        start.wait(timeout=10)
        try:
            services.deactivate(actor=actor, user=user)
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    pair = [threading.Thread(target=remove, args=args) for args in ((ada, anna), (anna, ada))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(timeout=30)
    assert refused == ["last_admin"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["role", "scope", "branch", "sessions", "off", "password"])
def test_every_change_of_rights_is_noted_and_heard(ada: User, anna: User, branch_krd: Branch, change: str) -> None:
    ear = Ear(anna.pk)
    before = AuditLog.objects.count()
    match change:
        case "role":
            services.change_rights(actor=ada, user=anna, role=Role.SALES_HEAD)
        case "scope":
            services.change_rights(actor=ada, user=anna, data_scope=DataScope.SELF)
        case "branch":
            services.change_rights(actor=ada, user=anna, branch=branch_krd)
        case "sessions":
            services.end_sessions(user=anna, actor=ada)
        case "off":
            services.deactivate(actor=ada, user=anna)
        case _:
            services.change_password(actor=ada, user=anna, password="another-password-1")
    heard = ear.next()
    assert '"type":"access"' in heard
    assert AuditLog.objects.filter(entity_id=str(anna.pk)).count() > before


@pytest.mark.django_db
def test_no_change_is_no_event(ada: User, anna: User) -> None:
    services.change_rights(actor=ada, user=anna, role=Role.MANAGER, branch=anna.branch)
    assert AuditLog.objects.count() == 0


@pytest.mark.django_db
def test_lists_of_people_follow_the_reach(anna: User, boris: User, clara: User, dan: User, gleb: User) -> None:
    def names(viewer: User, level: Reach) -> set[str]:
        return {person.username for person in people_of(viewer, level)}

    assert names(anna, Reach.OWN) == {"anna"}
    assert names(clara, Reach.BRANCH) == {"anna", "boris", "clara"}
    assert names(gleb, Reach.ALL) == {"anna", "boris", "clara", "dan"}
    assert names(gleb, Reach.BRANCH) == set()
    services.deactivate(actor=gleb, user=boris)
    assert names(clara, Reach.BRANCH) == {"anna", "clara"}
