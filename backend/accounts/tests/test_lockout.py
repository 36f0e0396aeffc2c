"""The lock at the door, entered as people and programs do (A-11, A-12, S-2, S-10, rules of the lock-out)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import LoginFailure, LoginLock, User
from accounts.tests.doors import HOME, OFFICE, fail, knock, knock_page, later
from accounts.tests.hashers import CountingHasher
from audit.models import AuditLog, Verb
from conftest import PASSWORD, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def minutes_closed(**where: str | None) -> float:
    lock = LoginLock.objects.get(**where)
    return round((lock.until - timezone.now()) / MINUTE)


def test_right_words_open(anna: User) -> None:
    answer = knock("anna")
    assert (answer.status_code, answer.json()["is_admin"]) == (200, False)
    assert "no-store" in answer["Cache-Control"]
    row = AuditLog.objects.get(verb=Verb.LOGIN)
    assert (row.actor, row.ip, row.source) == (anna, HOME, "mobile")


def test_case_of_the_name_does_not_matter(anna: User) -> None:
    assert knock(" Anna ").status_code == 200


def test_five_failures_close_the_door_for_fifteen_minutes(anna: User) -> None:
    fail("anna", 4)
    assert knock("anna").status_code == 200
    fail("anna", 5)
    assert knock("anna").status_code == 401
    assert minutes_closed(name="anna", ip=HOME) == 15
    assert AuditLog.objects.filter(verb=Verb.LOCKOUT, entity_id=str(anna.pk)).count() == 1
    later(14 * MINUTE)
    assert knock("anna").status_code == 401
    later(2 * MINUTE)
    assert knock("anna").status_code == 200


def test_another_address_is_not_locked(anna: User) -> None:
    fail("anna")
    assert knock("anna", ip=OFFICE).status_code == 200


def test_case_does_not_give_more_attempts(anna: User) -> None:
    for name in ("anna", "ANNA", " Anna", "aNNa", "annA"):
        knock(name, "wrong-password")
    assert knock("anna").status_code == 401


def test_each_lock_is_twice_as_long_up_to_a_day(anna: User) -> None:
    lengths = []
    for _ in range(9):
        fail("anna")
        lengths.append(minutes_closed(name="anna", ip=HOME))
        later(LoginLock.objects.get().until - timezone.now() + MINUTE)
    assert lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_attempts_on_a_locked_door_neither_help_nor_prolong(anna: User) -> None:
    fail("anna", 9)
    assert minutes_closed(name="anna", ip=HOME) == 15
    later(16 * MINUTE)
    fail("anna", 4)
    assert knock("anna").status_code == 200


def test_a_quiet_day_or_a_good_log_in_forgets_the_strikes(anna: User) -> None:
    fail("anna")
    later(timedelta(hours=25))
    fail("anna")
    assert minutes_closed(name="anna", ip=HOME) == 15
    later(16 * MINUTE)
    assert knock("anna").status_code == 200
    fail("anna")
    assert minutes_closed(name="anna", ip=HOME) == 15


def test_old_failures_slide_out_of_the_window(anna: User) -> None:
    fail("anna", 4)
    later(16 * MINUTE)
    fail("anna", 4)
    assert knock("anna").status_code == 200


def test_many_addresses_lock_the_name_but_not_a_known_browser(anna: User) -> None:
    browser, stranger = Client(), Client()
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    for n in range(20):
        assert knock("anna", "wrong-password", ip=f"10.9.0.{n}").status_code == 401
    assert minutes_closed(name="anna", ip=None) == 15
    assert knock("anna", ip=OFFICE).status_code == 401
    assert knock_page(stranger, "anna", ip=OFFICE).status_code == 200
    assert knock_page(browser, "anna").status_code == 302
    later(16 * MINUTE)
    for n in range(20):
        knock("anna", "wrong-password", ip=f"10.9.1.{n}")
    assert minutes_closed(name="anna", ip=None) == 15


def test_a_neighbour_behind_the_same_address_cannot_lock_a_known_browser(anna: User) -> None:
    browser = Client()
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    fail("anna")
    assert knock_page(Client(), "anna").status_code == 200
    assert knock_page(browser, "anna").status_code == 302


def test_a_known_browser_is_counted_too_and_alone(anna: User) -> None:
    browser = Client()
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    for _ in range(5):
        assert knock_page(browser, "anna", "wrong-password").status_code == 200
    assert knock_page(browser, "anna").status_code == 200
    assert knock_page(Client(), "anna").status_code == 302


def test_a_browser_is_known_for_those_who_logged_in_there_only(anna: User, boris: User) -> None:
    browser = Client()
    for name in ("anna", "boris"):
        assert knock_page(browser, name).status_code == 302
        browser.post("/logout/")
    for name in ("anna", "boris", "clara"):
        fail(name)
    assert knock_page(browser, "anna").status_code == 302
    browser.post("/logout/")
    assert knock_page(browser, "boris").status_code == 302
    assert knock_page(Client(), "anna").status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "eyJ4IjoxfQ:1:aaaa", "é" * 50])
def test_a_made_up_cookie_is_a_stranger(anna: User, cookie: str) -> None:
    fail("anna")
    browser = Client()
    browser.cookies["known_device"] = cookie
    assert knock_page(browser, "anna").status_code == 200


def test_fifty_failures_close_the_address_but_not_to_known_browsers(anna: User, boris: User) -> None:
    browser = Client()
    assert knock_page(browser, "anna", ip=OFFICE).status_code == 302
    browser.post("/logout/")
    for n in range(50):
        assert knock(f"name-{n % 9}", "wrong-password", ip=OFFICE).status_code == 401
    answer = knock("boris", ip=OFFICE)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) == 900
    page = knock_page(Client(), "boris", ip=OFFICE)
    assert (page.status_code, page["Retry-After"]) == (429, "900")
    assert knock("boris").status_code == 200
    assert knock_page(browser, "anna", ip=OFFICE).status_code == 302
    later(16 * MINUTE)
    assert knock("boris", ip=OFFICE).status_code == 200


def test_unknown_wrong_locked_and_inactive_are_one_answer_and_one_work(
    anna: User, boris: User, dan: User, settings: LazySettings
) -> None:
    settings.PASSWORD_HASHERS = ["accounts.tests.hashers.CountingHasher"]
    for person in (anna, boris, dan):
        person.set_password(PASSWORD)
    dan.is_active = False
    for person in (anna, boris, dan):
        person.save()
    fail("boris")
    answers, work = set(), set()
    for name, password in (
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("anna", "wrong-password"),
        ("boris", PASSWORD),
        ("boris", "wrong-password"),
        ("dan", PASSWORD),
    ):
        before = CountingHasher.runs
        answer = knock(name, password)
        answers.add((answer.status_code, answer.content))
        work.add(CountingHasher.runs - before)
    assert len(answers) == 1
    assert work == {1}


def test_a_dead_redis_does_not_open_the_lock(anna: User, settings: LazySettings) -> None:
    dead = {"BACKEND": "common.cache.SafeRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": dead}
    fail("anna")
    assert knock("anna").status_code == 401
    assert knock_page(Client(), "anna").status_code == 200
    assert knock_page(Client(), "anna", ip=OFFICE).status_code == 302


def test_forged_forwarded_address_is_not_believed(anna: User) -> None:
    for n in range(5):
        knock("anna", "wrong-password", headers={"X-Forwarded-For": f"8.8.8.{n}"})
    assert knock("anna", headers={"X-Forwarded-For": "9.9.9.9"}).status_code == 401
    assert LoginFailure.objects.exclude(ip=HOME).count() == 0


def test_a_trusted_proxy_names_the_address_nearest_to_it(anna: User, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = [f"{HOME}/32"]
    for n in range(5):
        knock("anna", "wrong-password", headers={"X-Forwarded-For": f"8.8.8.{n}, 7.7.7.7"})
    assert LoginLock.objects.get().ip == "7.7.7.7"
    assert knock("anna", headers={"X-Forwarded-For": "7.7.7.8"}).status_code == 200


def test_command_opens_the_door(anna: User, capsys: pytest.CaptureFixture[str]) -> None:
    fail("anna")
    call_command("unlock", "Anna")
    assert "1" in capsys.readouterr().out
    assert knock("anna").status_code == 200
    call_command("unlock", "anna")
    with pytest.raises(CommandError, match="нет"):
        call_command("unlock", "nobody")


def test_names_that_differ_in_case_only_are_not_mixed_up(anna: User) -> None:
    twin = make_user("ANNA", "Анна", "Другая", anna.effective_role, None)
    twin.set_password("another-password-1")
    twin.save()
    assert knock("anna").status_code == 200
    assert knock("anna", "another-password-1").status_code == 401
    assert knock("ANNA", "another-password-1").status_code == 200
    assert knock("Anna").status_code == 401


def test_a_home_of_ipv6_is_locked_whole(anna: User) -> None:
    for n in range(5):
        knock("anna", "wrong-password", ip=f"2001:db8:0:1::{n + 1}")
    assert knock("anna", ip="2001:db8:0:1:ffff::9").status_code == 401
    assert knock("anna", ip="2001:db8:0:2::1").status_code == 200
    assert AuditLog.objects.get(verb=Verb.LOGIN).ip == "2001:db8:0:2::1"


@pytest.mark.parametrize("ip", ["", "unix:", "fe80::1%eth0", "::ffff:10.0.0.9", "10.0.0.300"])
def test_a_strange_address_is_no_500(anna: User, settings: LazySettings, ip: str) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert knock("anna", "wrong-password", ip=ip).status_code == 401
    assert knock("anna", "wrong-password", headers={"X-Forwarded-For": ip}).status_code == 401
    assert knock("anna", ip=ip).status_code == 200
