"""Web sessions: how they begin and what ends them (A-11, A-17)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts import services, sessions
from accounts.models import User
from accounts.tests.doors import HOME, Ear, knock_page
from audit.models import AuditLog, Verb

HOUR_S = 3600


def entered(name: str = "anna") -> Client:
    client = Client()
    assert knock_page(client, name).status_code == 302
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    """Whether pages open; the API must agree."""
    page, api = client.get("/notifications/"), client.get("/api/v1/notifications/")
    assert (page.status_code, api.status_code) in {(200, 200), (302, 401)}
    return page.status_code == 200


def shift(client: Client, key: str, by_s: int) -> None:
    session: Any = client.session
    session[key] -= by_s
    session.save()


@pytest.mark.django_db
def test_the_cookies_are_closed_to_scripts(anna: User) -> None:
    client = entered()
    for name in ("sessionid", "known_device"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/companies/", "/companies/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\\\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_log_in_leads_inside_the_site_only(anna: User, wanted: str, got: str) -> None:
    client = Client()
    answer = client.post("/login/", {"username": "anna", "password": "correct-horse-42", "next": wanted})
    assert answer["Location"] == got


@pytest.mark.django_db
def test_log_in_takes_a_new_session_key(anna: User) -> None:
    client = Client()
    session: Any = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    knock_page(client, "anna")
    assert client.cookies["sessionid"].value != session.session_key


@pytest.mark.django_db
def test_log_in_form_needs_its_csrf_token(anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert knock_page(client, "anna").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_log_out_is_noted_and_closes_the_sockets_of_this_session(anna: User) -> None:
    client, other = entered(), entered()
    mark = hashlib.sha256(client.cookies["sessionid"].value.encode()).hexdigest()[:16]
    ear = Ear(anna.pk)
    client.post("/logout/", REMOTE_ADDR=HOME)
    heard = ear.next()
    assert '"type":"logout"' in heard
    assert mark in heard
    assert not is_in(client)
    assert is_in(other)
    assert AuditLog.objects.get(verb=Verb.LOGOUT).ip == HOME


@pytest.mark.django_db
def test_log_out_everywhere_ends_every_session(anna: User, boris: User) -> None:
    clients, foreign = [entered(), entered()], entered("boris")
    services.end_sessions(user=anna, actor=anna)
    assert [is_in(client) for client in clients] == [False, False]
    assert is_in(foreign)


@pytest.mark.django_db
def test_deactivation_ends_the_session_for_good(anna: User, ada: User) -> None:
    client = entered()
    services.deactivate(actor=ada, user=anna)
    assert not is_in(client)
    services.activate(actor=ada, user=anna)
    assert not is_in(client)
    assert entered()


@pytest.mark.django_db
def test_new_rights_count_at_the_next_request(anna: User, ada: User) -> None:
    client = entered()
    assert client.get("/admin/", follow=True).status_code == 403
    services.change_rights(actor=ada, user=anna, role=ada.effective_role)
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "key", "allowed_s"),
    [
        ("anna", sessions.SEEN_KEY, 12 * HOUR_S),
        ("anna", sessions.STARTED_KEY, 14 * 24 * HOUR_S),
        ("ada", sessions.SEEN_KEY, 2 * HOUR_S),
        ("ada", sessions.STARTED_KEY, 12 * HOUR_S),
    ],
)
def test_a_session_ends_by_itself(anna: User, ada: User, name: str, key: str, allowed_s: int) -> None:
    early, late = entered(name), entered(name)
    shift(early, key, allowed_s - 60)
    shift(late, key, allowed_s + 60)
    assert sessions.user_of_session(early.session) is not None
    assert sessions.user_of_session(late.session) is None
    assert is_in(early)
    assert not is_in(late)


@pytest.mark.django_db
def test_work_keeps_the_session(anna: User) -> None:
    client = entered()
    for _ in range(3):
        shift(client, sessions.SEEN_KEY, 11 * HOUR_S)
        assert is_in(client)


@pytest.mark.django_db
def test_a_page_that_reads_itself_again_does_not_keep_the_session(ada: User) -> None:
    client = entered("ada")
    shift(client, sessions.SEEN_KEY, HOUR_S)
    before = client.session[sessions.SEEN_KEY]
    assert client.get("/notifications/", headers={"X-Requested-With": "fetch"}).status_code == 200
    assert client.session[sessions.SEEN_KEY] == before
    shift(client, sessions.SEEN_KEY, HOUR_S + 60)
    assert client.get("/notifications/", headers={"X-Requested-With": "fetch"}).status_code == 302


@pytest.mark.django_db
def test_log_out_needs_its_csrf_token_and_a_post(anna: User) -> None:
    client = entered()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/logout/").status_code == 403
    assert strict.get("/logout/").status_code == 405
    assert is_in(client)


@pytest.mark.django_db
def test_pages_work_without_redis(anna: User, settings: LazySettings) -> None:
    settings.CACHES = {"default": {"BACKEND": "common.cache.SafeRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    client = entered()
    for url in ("/", "/companies/", "/calls/"):
        assert client.get(url).status_code == 200
    client.post("/logout/")
    assert not is_in(client)
