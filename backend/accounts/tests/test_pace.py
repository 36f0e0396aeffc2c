"""Pace: by address before log-in, by person and device after it (D15, A-13, K-15, S-3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import User
from accounts.tests.doors import HOME, OFFICE, enter, knock, knock_page, renew

pytestmark = pytest.mark.django_db
DEAD = {"BACKEND": "common.cache.SafeRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}


@pytest.fixture(autouse=True)
def _one_minute() -> Iterator[None]:
    """The process's clock stands still, so that no window ends in the middle of a test."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def phone_of(user: User, ip: str = OFFICE) -> APIClient:
    access = tokens.issue_pair(user, rotating=True).access
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {access}", REMOTE_ADDR=ip)


def pull(phone: APIClient, device: str) -> int:
    return phone.get(f"/api/phone/calls/pull/?device_id={device}").status_code


@pytest.mark.parametrize(("url", "limit"), [("/api/token/", 60), ("/api/phone/qr/exchange/", 30), ("/login/", 60)])
def test_a_burst_before_log_in_is_stopped_by_address(url: str, limit: int) -> None:
    def post(ip: str) -> int:
        body = {"token": "x"} if "qr" in url else {}
        return Client(REMOTE_ADDR=ip).post(url, body, content_type="application/json").status_code

    statuses = [post(HOME) for _ in range(limit)]
    assert post(HOME) == 429
    assert post(OFFICE) != 429
    if url != "/api/token/":
        assert 429 not in statuses


def test_the_refusal_says_when_to_come_back(anna: User) -> None:
    for _ in range(61):
        answer = knock("anna")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["detail"]


def test_twenty_dialers_behind_one_address_are_not_slowed(anna: User, boris: User) -> None:
    phones = [phone_of(anna), phone_of(boris)]
    for n in range(20):
        for _ in range(4):
            assert pull(phones[n % 2], f"d-{n}") == 204
    assert knock("anna", ip=OFFICE).status_code == 200


def test_one_device_that_runs_wild_is_slowed_alone(anna: User, boris: User) -> None:
    phone = phone_of(anna)
    assert {pull(phone, "wild") for _ in range(180)} == {204}
    answer = phone.get("/api/phone/calls/pull/?device_id=wild")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert pull(phone, "calm") == 204
    assert pull(phone_of(boris), "wild") == 204


def test_the_device_is_read_from_the_body_too(anna: User) -> None:
    phone = phone_of(anna)

    def beat(device: object) -> int:
        body = {"device_id": device}
        return phone.post("/api/phone/devices/heartbeat/", body, format="json").status_code

    assert 429 not in {beat("wild") for _ in range(30)}
    assert beat("wild") == 429
    assert beat("calm") != 429


def test_a_person_makes_one_code_in_ten_seconds(anna: User, boris: User) -> None:
    answers = [phone_of(anna).post(f"/api/phone/qr/create/?device_id={n}") for n in range(2)]
    assert [a.status_code for a in answers] == [200, 429]
    assert int(answers[1]["Retry-After"]) == 10
    assert phone_of(boris).post("/api/phone/qr/create/").status_code == 200


def test_without_a_cache_everything_is_let_through(anna: User, settings: LazySettings) -> None:
    settings.CACHES = {"default": DEAD}
    phone = phone_of(anna)
    body = {"device_id": "d"}
    statuses = {phone.post("/api/phone/devices/heartbeat/", body, format="json").status_code for _ in range(35)}
    assert 429 not in statuses
    assert [phone.post("/api/phone/qr/create/").status_code for _ in range(2)] == [200, 200]
    assert {knock("anna").status_code for _ in range(61)} == {200}


def test_a_forged_address_does_not_help(anna: User) -> None:
    statuses = [knock("anna", headers={"X-Forwarded-For": f"8.8.{n}.1"}).status_code for n in range(61)]
    assert statuses[-1] == 429


def test_neighbours_cannot_use_up_the_pace_of_a_known_browser(anna: User) -> None:
    browser = Client()
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    statuses = [Client(REMOTE_ADDR=HOME).post("/login/", {}).status_code for _ in range(61)]
    assert statuses[-1] == 429
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    assert [browser.post("/login/", {}, REMOTE_ADDR=HOME).status_code for _ in range(60)][-1] == 429


def test_a_home_of_ipv6_is_one_address(anna: User) -> None:
    statuses = [knock("anna", ip=f"2001:db8:0:1::{n:x}").status_code for n in range(1, 62)]
    assert statuses[-1] == 429
    assert knock("anna", ip="2001:db8:0:2::1").status_code == 200


@pytest.mark.parametrize("modern", [True, False])
def test_a_person_renews_sixty_times_a_minute(anna: User, boris: User, modern: bool) -> None:
    hers, other, his = enter(modern=modern), enter(modern=modern), enter("boris", modern=modern)
    for n in range(60):
        assert renew((hers, other)[n % 2]["refresh"], modern=modern).status_code == 200
    answer = renew(hers["refresh"], modern=modern)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert renew(his["refresh"], modern=modern).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert renew(other["refresh"], modern=modern).status_code in {200, 401}
