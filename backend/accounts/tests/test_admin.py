"""Django admin: who enters, and that its forms go through the services (A-9, A-11, A-18, D32)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Branch, LoginLock, User
from accounts.roles import DataScope, Role
from accounts.tests.doors import enter, fail, knock, opens
from audit.models import AuditLog

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"
RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, user: User, **changes: Any) -> Any:
    """Send the form of a person with some fields changed; unchecked boxes are left out."""
    said: dict[str, Any] = {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": "on",
        "role": user.role,
        "data_scope": user.data_scope,
        "branch": user.branch_id or "",
        **changes,
    }
    body = {key: value for key, value in said.items() if value is not None}
    return client.post(f"{PEOPLE}{user.pk}/change/", body, follow=True)


@pytest.mark.parametrize("name", ["anna", "boris", "clara", "dan", "gleb"])
def test_the_others_stay_outside(anna: User, boris: User, clara: User, dan: User, gleb: User, name: str) -> None:
    user = User.objects.get(username=name)
    user.is_staff = True
    user.save()
    client = client_of(user)
    for url in ("/admin/", PEOPLE, "/admin/login/"):
        answer = client.get(url, follow=True)
        assert answer.status_code == 403
    assert client.post(f"{PEOPLE}{user.pk}/change/", {"role": "admin"}, follow=True).status_code == 403
    user.refresh_from_db()
    assert user.role != Role.ADMIN


def test_an_administrator_opens_every_table(ada: User, anna: User) -> None:
    client = client_of(ada)
    assert not ada.is_superuser
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(url).status_code == 200, url
    assert client.get(f"{PEOPLE}{anna.pk}/change/").status_code == 200
    assert client.get(f"{PEOPLE}add/").status_code == 200


def test_every_field_has_a_russian_name() -> None:
    beside = {inline.model for table in admin.site._registry.values() for inline in table.inlines}
    models = {*admin.site._registry, *beside}
    shown = [field for model in models for field in model._meta.fields if field.name != "id"]
    assert [str(field) for field in shown if not RUSSIAN.search(str(field.verbose_name))] == []


def test_a_superuser_without_the_role_enters(anna: User) -> None:
    anna.is_superuser = True
    anna.save()
    assert client_of(anna).get(PEOPLE).status_code == 200


def test_the_door_is_the_log_in_of_the_site(ada: User) -> None:
    client = Client()
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login/?next=/admin/"
    answer = client.post("/admin/login/", {"username": "ada", "password": "correct-horse-42"})
    assert (answer.status_code, "sessionid" in client.cookies) == (302, False)


def test_rights_changed_here_are_noted_and_kept(ada: User, anna: User, branch_krd: Branch) -> None:
    answer = change(client_of(ada), anna, role="sales_head", data_scope="branch", branch=branch_krd.pk, phone="1-23")
    assert answer.status_code == 200
    anna.refresh_from_db()
    assert (anna.role, anna.data_scope, anna.branch, anna.phone) == (
        Role.SALES_HEAD,
        DataScope.BRANCH,
        branch_krd,
        "1-23",
    )
    row = AuditLog.objects.get(entity_id=str(anna.pk))
    assert (row.actor, row.meta["before"]["role"], row.meta["after"]["role"]) == (ada, "manager", "sales_head")


def test_switching_off_ends_everything(ada: User, anna: User) -> None:
    had, client = enter(), client_of(anna)
    change(client_of(ada), anna, is_active=None)
    assert not opens(had["access"])
    assert client.get("/notifications/").status_code == 302
    change(client_of(ada), anna)
    assert knock("anna").status_code == 200


def test_the_last_administrator_is_kept_with_words(ada: User) -> None:
    client = client_of(ada)
    assert "Себя отключить нельзя." in change(client, ada, is_active=None).text
    assert "Это последний действующий администратор." in change(client, ada, role="manager").text
    ada.refresh_from_db()
    assert (ada.is_active, ada.role) == (True, Role.ADMIN)


def test_a_person_is_made_here(ada: User, branch_ekb: Branch) -> None:
    client = client_of(ada)
    body = {
        "username": "vera",
        "usable_password": "true",
        "password1": "vera-knows-it-77",
        "password2": "vera-knows-it-77",
        "last_name": "Гусева",
        "first_name": "Вера",
        "role": "manager",
        "data_scope": "self",
        "branch": branch_ekb.pk,
    }
    answer = client.post(f"{PEOPLE}add/", body, follow=True)
    assert answer.status_code == 200
    assert knock("vera", "vera-knows-it-77").status_code == 200
    vera = User.objects.get(username="vera")
    assert (vera.data_scope, vera.branch, vera.is_superuser) == (DataScope.SELF, branch_ekb, False)
    again = client.post(f"{PEOPLE}add/", {**body, "username": "VERA"})
    assert again.status_code == 200
    assert User.objects.filter(username__iexact="vera").count() == 1


def test_nobody_becomes_superuser_and_nobody_is_deleted_here(ada: User, anna: User) -> None:
    client = client_of(ada)
    change(client, anna, is_superuser="on", is_staff="on", username="root")
    anna.refresh_from_db()
    assert (anna.is_superuser, anna.is_staff, anna.username) == (False, False, "anna")
    assert client.post(f"{PEOPLE}{anna.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_password_ends_the_sessions_of_the_old_one(ada: User, anna: User) -> None:
    had, client, his = enter(), client_of(ada), client_of(anna)
    body = {"password1": "brand-new-words-5", "password2": "brand-new-words-5", "usable_password": "true"}
    answer = client.post(f"{PEOPLE}{anna.pk}/password/", body)
    assert answer.status_code == 302
    assert not opens(had["access"])
    assert his.get("/notifications/").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert knock("anna", "brand-new-words-5").status_code == 200


def test_ones_own_new_password_ends_the_other_sessions_only(ada: User) -> None:
    client, other = client_of(ada), client_of(ada)
    assert other.get("/admin/").status_code == 200
    url = client.get("/admin/password_change/")["Location"]
    assert client.get(url).status_code == 200
    body = {"password1": "brand-new-words-5", "password2": "brand-new-words-5", "usable_password": "true"}
    client.post(url, body)
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


def test_a_locked_door_is_opened_from_the_list(ada: User, anna: User) -> None:
    fail("anna")
    client = client_of(ada)
    url = "/admin/accounts/loginlock/"
    assert "anna" in client.get(url).text
    client.post(url, {"action": "unlock", "_selected_action": [LoginLock.objects.get().pk]})
    assert knock("anna").status_code == 200
    assert AuditLog.objects.filter(actor=ada, message="Вход открыт").count() == 1
    assert client.get(f"{url}add/").status_code == 403
    assert client.post(f"{url}1/delete/").status_code in {302, 403}


def test_sessions_are_ended_from_the_list(ada: User, anna: User) -> None:
    had = enter()
    client_of(ada).post(PEOPLE, {"action": "end_sessions", "_selected_action": [anna.pk]})
    assert not opens(had["access"])


def test_log_out_of_admin_is_the_log_out_of_the_site(ada: User) -> None:
    client = client_of(ada)
    assert client.post("/admin/logout/")["Location"] == "/login/"
    assert AuditLog.objects.filter(actor=ada, verb="logout").count() == 1


def test_a_branch_that_is_used_stays(ada: User, anna: User) -> None:
    assert anna.branch is not None
    client_of(ada).post(f"/admin/accounts/branch/{anna.branch.pk}/delete/", {"post": "yes"})
    assert Branch.objects.filter(pk=anna.branch.pk).exists()
