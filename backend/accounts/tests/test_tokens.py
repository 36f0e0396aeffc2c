"""Tokens of old dialers and new clients at their two doors (D4, A-12, A-14…A-16, S-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import services, tokens, upkeep
from accounts.models import LoginFailure, LoginLock, RefreshGrant, User
from accounts.tests.doors import enter, fail, later, opens, renew
from audit.models import AuditLog, Verb

pytestmark = pytest.mark.django_db


def spend_long_ago() -> None:
    """Move every spent token out of the grace."""
    RefreshGrant.objects.filter(used_at__isnull=False).update(used_at=F("used_at") - timedelta(seconds=31))


def forged(**claims: Any) -> str:
    base = {"token_type": "access", "user_id": 1, "epoch": 0, "exp": timezone.now() + timedelta(hours=1)}
    return jwt.encode({**base, **claims}, settings.SECRET_KEY, algorithm="HS256")


# --- old dialers


def test_old_dialer_uses_one_refresh_token_again_and_again(anna: User) -> None:
    had = enter(modern=False)
    for _ in range(3):
        answer = renew(had["refresh"], modern=False)
        assert (answer.status_code, list(answer.json())) == (200, ["access"])
        assert "no-store" in answer["Cache-Control"]
        assert opens(answer.json()["access"])
    grant = RefreshGrant.objects.get()
    assert not grant.is_rotating
    assert abs(grant.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)


def test_old_token_is_not_spent_by_a_client_that_names_the_protocol(anna: User) -> None:
    had = enter(modern=False)
    assert list(renew(had["refresh"]).json()) == ["access"]
    assert renew(had["refresh"], modern=False).status_code == 200


def test_two_tokens_of_an_old_dialer_live_side_by_side(anna: User) -> None:
    first, second = enter(modern=False, device_id="d-1"), enter(modern=False, device_id="d-1")
    for had in (first, second, first):
        assert opens(renew(had["refresh"], modern=False).json()["access"])
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {second['access']}")
    assert phone.post("/api/phone/logout/", {"refresh": second["refresh"]}, format="json").status_code == 200
    assert renew(second["refresh"], modern=False).status_code == 401
    assert renew(first["refresh"], modern=False).status_code == 200


# --- clients that rotate


def test_new_client_gets_a_new_refresh_token_each_time(anna: User) -> None:
    had = enter(device_id="d-1")
    seen = {had["refresh"]}
    for _ in range(3):
        had = renew(had["refresh"], device_id="d-1").json()
        assert opens(had["access"])
        seen.add(had["refresh"])
    assert len(seen) == 4


def test_lost_answer_may_be_asked_for_again(anna: User) -> None:
    had = enter()
    lost = renew(had["refresh"]).json()
    again = renew(had["refresh"])
    assert again.status_code == 200
    assert again.json()["refresh"] not in {had["refresh"], lost["refresh"]}
    assert renew(again.json()["refresh"]).status_code == 200


def test_spent_token_that_comes_back_ends_the_whole_family(anna: User) -> None:
    had = enter(device_id="d-1")
    other = enter(device_id="d-2")
    fresh = renew(had["refresh"]).json()
    spend_long_ago()
    assert renew(had["refresh"]).status_code == 401
    assert renew(fresh["refresh"]).status_code == 401
    assert renew(had["refresh"]).status_code == 401
    assert renew(other["refresh"]).status_code == 200
    row = AuditLog.objects.get(verb=Verb.LOGOUT)
    assert (row.entity_id, row.meta) == (str(anna.pk), {"device_id": "d-1"})


def test_spent_token_is_a_thief_once_its_answer_was_used(anna: User) -> None:
    had = enter()
    fresh = renew(had["refresh"]).json()
    newest = renew(fresh["refresh"]).json()
    assert renew(had["refresh"]).status_code == 401
    assert renew(newest["refresh"]).status_code == 401


def test_token_of_another_device_is_refused_even_in_the_grace(anna: User) -> None:
    had = enter(device_id="d-1")
    assert renew(had["refresh"], device_id="d-2").status_code == 401
    assert renew(had["refresh"], device_id="d-1").status_code == 200
    assert renew(had["refresh"], device_id="d-2").status_code == 401
    claims = tokens.decode_access(renew(had["refresh"]).json()["access"])
    assert claims.device_id == "d-1"


# --- what ends them


def test_log_out_ends_this_phone_alone(anna: User) -> None:
    here, there = enter(device_id="d-1"), enter(device_id="d-2")
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {here['access']}")
    assert phone.post("/api/phone/logout/", {"refresh": here["refresh"]}, format="json").status_code == 200
    assert renew(here["refresh"]).status_code == 401
    assert renew(there["refresh"]).status_code == 200


def test_nobody_ends_a_foreign_token(anna: User, boris: User) -> None:
    hers, his = enter("anna"), enter("boris")
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {his['access']}")
    phone.post("/api/phone/logout/", {"refresh": hers["refresh"]}, format="json")
    assert renew(hers["refresh"]).status_code == 200


@pytest.mark.parametrize("modern", [True, False])
def test_deactivation_ends_all(anna: User, ada: User, modern: bool) -> None:
    had = enter(modern=modern)
    services.deactivate(actor=ada, user=anna)
    assert not opens(had["access"])
    assert renew(had["refresh"], modern=modern).status_code == 401


@pytest.mark.parametrize("modern", [True, False])
def test_log_out_everywhere_ends_all(anna: User, modern: bool) -> None:
    here, there = enter(modern=modern), enter(modern=modern)
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {here['access']}")
    assert phone.post("/api/phone/logout/all/").status_code == 200
    for had in (here, there):
        assert not opens(had["access"])
        assert renew(had["refresh"], modern=modern).status_code == 401


def test_new_password_ends_all(anna: User, ada: User) -> None:
    had = enter()
    services.change_password(actor=ada, user=anna, password="another-password-1")
    assert not opens(had["access"])
    assert renew(had["refresh"]).status_code == 401


def test_token_that_is_over_opens_nothing_and_is_forgotten(anna: User) -> None:
    enter()
    kept = enter()
    first = RefreshGrant.objects.order_by("pk").first()
    assert first is not None
    RefreshGrant.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    fail("nobody")
    later(timedelta(days=2))
    assert upkeep.purge() == 1 + 5 + 1
    assert (LoginFailure.objects.count(), LoginLock.objects.count()) == (0, 0)
    assert renew(kept["refresh"]).status_code == 200
    call_command("purge_tokens")
    assert RefreshGrant.objects.count() == 2


# --- what is no token


def test_rights_are_read_from_the_row_not_from_the_token(anna: User, ada: User) -> None:
    access = enter()["access"]
    services.change_rights(actor=ada, user=anna, role=ada.effective_role)
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert phone.get("/api/phone/user/info/").json()["is_admin"] is True


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": timezone.now() - timedelta(seconds=1)},
        {"token_type": "refresh"},
        {"user_id": 10**30},
        {"user_id": "x"},
        {"user_id": None},
        {"epoch": 7},
        {"epoch": "x"},
        {"user_id": 999_999},
    ],
)
def test_token_that_does_not_fit_is_401(anna: User, claims: dict[str, Any]) -> None:
    said = {"user_id": anna.pk, **claims}
    answer = APIClient().get("/api/phone/user/info/", headers={"Authorization": f"Bearer {forged(**said)}"})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer.json()["detail"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer x.y.z", "Bearer ÿÿ", "Bearer " + "a" * 9000])
def test_garbage_in_the_header_is_401(header: str) -> None:
    answer = APIClient().get("/api/phone/user/info/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_access_token_is_no_refresh_token(anna: User) -> None:
    had = enter()
    assert renew(had["access"]).status_code == 401
    assert not opens(had["refresh"])


def test_token_of_another_key_opens_only_while_the_key_is_a_known_old_one(anna: User, settings: Any) -> None:
    access = enter()["access"]
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a-new-key-that-is-long-enough-for-this-test-0123456789"
    assert not opens(access)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert opens(access)
