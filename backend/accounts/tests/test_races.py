"""At once: many guesses, two renewals of one token, a log-out in the middle of a renewal (S-1, S-2)."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts import services
from accounts.models import LoginLock, RefreshGrant, User
from accounts.tests.doors import enter, knock, opens, renew
from accounts.tests.queues import held
from accounts.tests.test_tokens import spend_long_ago
from audit.models import AuditLog, Verb

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sixth_guess_finds_the_lock_even_when_all_came_at_once(anna: User) -> None:
    with held(anna) as queue:
        for n in range(5):
            queue.join(f"wrong-{n}", lambda: knock("anna", "wrong-password").status_code)
        queue.join("right", lambda: knock("anna").status_code)
    assert set(queue.answers.values()) == {401}
    assert LoginLock.objects.get().strikes == 1
    assert AuditLog.objects.filter(verb=Verb.LOCKOUT).count() == 1


def test_the_fifth_right_guess_of_many_opens(anna: User) -> None:
    with held(anna) as queue:
        for n in range(4):
            queue.join(f"wrong-{n}", lambda: knock("anna", "wrong-password").status_code)
        queue.join("right", lambda: knock("anna").status_code)
    assert queue.answers["right"] == 200
    assert not LoginLock.objects.exists()


def test_a_person_switched_off_while_the_password_was_checked_stays_outside(anna: User, ada: User) -> None:
    with held(anna) as queue:
        queue.join("right", lambda: knock("anna").status_code)
        services.deactivate(actor=ada, user=anna)
    assert queue.answers == {"right": 401}


def test_a_password_changed_while_the_old_one_was_checked_counts(anna: User, ada: User) -> None:
    with held(anna) as queue:
        queue.join("old", lambda: knock("anna").status_code)
        services.change_password(actor=ada, user=anna, password="brand-new-words-5")
    assert queue.answers == {"old": 401}
    assert knock("anna", "brand-new-words-5").status_code == 200


def test_one_token_renewed_twice_at_once_gives_two_pairs_that_work(anna: User) -> None:
    had = enter(device_id="d-1")
    with held(anna) as queue:
        for name in ("first", "second"):
            queue.join(name, lambda: renew(had["refresh"], device_id="d-1"))
    pairs = [answer.json() for answer in queue.answers.values()]
    assert len({pair["refresh"] for pair in pairs}) == 2
    for pair in pairs:
        assert opens(pair["access"])
        assert renew(pair["refresh"]).status_code == 200
    spend_long_ago()
    assert renew(had["refresh"]).status_code == 401
    assert not RefreshGrant.objects.filter(revoked_at=None).exists()


def test_a_log_out_ends_the_token_that_is_being_renewed(anna: User) -> None:
    had = enter(device_id="d-1")
    phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {had['access']}")
    with held(anna) as queue:
        queue.join("renewal", lambda: renew(had["refresh"]).json())
        queue.join("log-out", lambda: phone.post("/api/phone/logout/", {"refresh": had["refresh"]}, format="json"))
    assert renew(queue.answers["renewal"]["refresh"]).status_code == 401


def test_a_thief_cannot_renew_past_the_end_of_the_family(anna: User) -> None:
    spent = enter(device_id="d-1")["refresh"]
    stolen = renew(spent).json()["refresh"]
    spend_long_ago()
    with held(anna) as queue:
        queue.join("thief", lambda: renew(stolen).json())
        queue.join("owner", lambda: renew(spent).status_code)
    assert queue.answers["owner"] == 401
    assert renew(queue.answers["thief"]["refresh"]).status_code == 401


def test_a_renewal_after_switching_off_gives_nothing(anna: User, ada: User) -> None:
    had = enter()
    with held(anna) as queue:
        queue.join("renewal", lambda: renew(had["refresh"]).status_code)
        services.deactivate(actor=ada, user=anna)
    assert queue.answers == {"renewal": 401}
