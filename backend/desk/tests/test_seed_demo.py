"""`manage seed_demo`: a base that is valid, calls nobody, and survives a second run."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from common.clock import local_day
from common.requisites import is_inn, is_ogrn
from companies.models import Company, PhoneNumber
from desk.demo.numbers import SUBSCRIBERS, phone
from phonebridge.models import CallBack, CallPlan, CallRequest

pytestmark = pytest.mark.django_db


def seed(**options: object) -> dict[str, list[dict[str, object]]]:
    out = StringIO()
    call_command("seed_demo", companies=40, calls=120, json=True, stdout=out, **options)
    answer: dict[str, list[dict[str, object]]] = json.loads(out.getvalue())
    return answer


@override_settings(IS_DEMO=True)
def test_base_is_valid_and_a_second_run_keeps_it() -> None:
    users = seed()["users"]
    assert {user["role"] for user in users} == set(Role.values)
    assert {user["password"] for user in users} == {"demo-crm-2026"}
    before = set(Company.objects.values_list("pk", flat=True)), set(CallRequest.objects.values_list("pk", flat=True))
    assert (len(before[0]), len(before[1])) == (40, 120)
    assert seed()["users"] == users
    after = set(Company.objects.values_list("pk", flat=True)), set(CallRequest.objects.values_list("pk", flat=True))
    assert after == before
    for company in Company.objects.all():
        assert is_inn(company.inn or "")
        assert not company.ogrn or is_ogrn(company.ogrn)
        assert company.branch == company.responsible.branch  # type: ignore[union-attr]


@override_settings(IS_DEMO=True)
def test_a_larger_base_goes_on_where_the_first_one_stopped() -> None:
    seed()
    call_command("seed_demo", companies=60, calls=130, json=True, stdout=StringIO())
    assert Company.objects.count() == 60
    assert CallRequest.objects.count() == 130


@override_settings(IS_DEMO=True)
def test_numbers_ring_nobody_and_can_be_dialled_by_the_product() -> None:
    seed()
    for number in PhoneNumber.objects.all():
        assert number.e164
        assert number.e164[:2] == "+7"
        assert number.e164[5] == "0"
        assert phonenumbers.is_possible_number(phonenumbers.parse(number.e164))
        assert number.refusal == ""
    assert len({phone("343", n) for n in range(5000)}) == 5000
    assert phone("343", SUBSCRIBERS) == phone("343", 0)


@override_settings(IS_DEMO=True)
def test_calls_are_counted_in_the_day_of_their_branch() -> None:
    seed()
    for call in CallRequest.objects.all():
        assert call.closed_at is not None
        assert call.created_at < timezone.now()
        if call.call_status:
            assert call.counted_at is not None
            assert call.counted_on == local_day(call.counted_at, call.zone)
            assert call.number_key == int(call.phone_e164[1:])
        else:
            assert call.counted_at is None


def test_outside_the_demonstration_no_password_is_known() -> None:
    first = seed()["users"]
    words = {str(user["password"]) for user in first}
    assert len(words) == len(first)
    assert "demo-crm-2026" not in words
    anna = User.objects.get(username="anna")
    assert anna.check_password(str(first[0]["password"]))
    assert {user["password"] for user in seed()["users"]} == {None}


def test_a_given_password_is_taken() -> None:
    assert {user["password"] for user in seed(password="own-password-9")["users"]} == {"own-password-9"}


@pytest.mark.parametrize("number", [-1, 10**9])
def test_absurd_sizes_are_refused(number: int) -> None:
    with pytest.raises(CommandError):
        call_command("seed_demo", companies=number, calls=0)


@override_settings(IS_DEMO=True)
def test_missed_callers_wait_and_managers_have_plans() -> None:
    call_command("seed_demo", companies=40, calls=1500, json=True, stdout=StringIO())
    fresh = CallRequest.objects.filter(call_status="missed", counted_at__gte=timezone.now() - timedelta(days=3))
    assert set(CallBack.objects.values_list("number_key", flat=True)) == set(
        fresh.values_list("number_key", flat=True)
    )
    assert CallPlan.objects.count() == User.objects.filter(role=Role.MANAGER).count() > 0
