"""The grant: one, to one phone, in time."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from accounts.models import User
from phonebridge.enums import Delivery, Reason, Status
from phonebridge.models import CallRequest
from phonebridge.services import clicks, delivery, upkeep
from phonebridge.services.delivery import Grant, Refusal
from phonebridge.tests.fixtures import age, click, device_of

pytestmark = pytest.mark.django_db


def refusal(answer: Grant | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.reason


def grant(answer: Grant | Refusal) -> Grant:
    assert isinstance(answer, Grant)
    return answer


def test_first_claim_wins_and_the_second_phone_hears_taken(anna: User) -> None:
    call, one, two = click(anna), device_of(anna, "one"), device_of(anna, "two")
    assert grant(delivery.claim(call_id=call.pk, device=one)).lease
    assert refusal(delivery.claim(call_id=call.pk, device=two)) == "taken"


def test_same_phone_gets_the_same_lease_for_ten_seconds(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    first = grant(delivery.claim(call_id=call.pk, device=phone, instance="i"))
    again = grant(delivery.claim(call_id=call.pk, device=phone, instance="i"))
    assert (again.lease, again.again) == (first.lease, True)
    assert refusal(delivery.claim(call_id=call.pk, device=phone, instance="other")) == "taken"
    age(call, claimed_at=timedelta(seconds=11))
    assert refusal(delivery.claim(call_id=call.pk, device=phone, instance="i")) == "taken"


def test_stranger_claims_nothing(anna: User, boris: User) -> None:
    call = click(anna)
    assert refusal(delivery.claim(call_id=call.pk, device=device_of(boris))) == "unknown"
    assert refusal(delivery.claim(call_id=uuid.uuid4(), device=device_of(anna))) == "unknown"


def test_no_grant_after_expiry_even_before_anybody_has_swept(anna: User) -> None:
    call = age(click(anna), expires_at=timedelta(seconds=61))
    assert refusal(delivery.claim(call_id=call.pk, device=device_of(anna))) == "expired"
    call.refresh_from_db()
    assert call.status == Status.PENDING
    upkeep.close_overdue()
    call.refresh_from_db()
    assert (call.status, call.closed_at is not None) == (Status.EXPIRED, True)


def test_no_grant_after_cancel(anna: User) -> None:
    call = click(anna)
    assert clicks.cancel_call(actor=anna, call=call).cancelled
    assert refusal(delivery.claim(call_id=call.pk, device=device_of(anna))) == "cancelled"
    assert clicks.cancel_call(actor=anna, call=call).cancelled


def test_cancel_after_the_grant_tells_the_truth_and_the_phone_may_still_obey(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    delivery.claim(call_id=call.pk, device=phone)
    done = clicks.cancel_call(actor=anna, call=call)
    assert (done.cancelled, done.status) == (False, Status.DELIVERED)
    assert delivery.reject(call_id=call.pk, device=phone, reason="stale")
    call.refresh_from_db()
    assert (call.status, call.reason) == (Status.CANCELLED, Reason.NOT_DIALLED)


def test_targeted_call_is_for_that_phone_only(anna: User) -> None:
    one, two = device_of(anna, "one"), device_of(anna, "two")
    call = click(anna, device=two)
    assert refusal(delivery.claim(call_id=call.pk, device=one)) == "taken"
    assert grant(delivery.claim(call_id=call.pk, device=two))


def test_states_move_forward_only_and_need_the_lease(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    lease = grant(delivery.claim(call_id=call.pk, device=phone)).lease

    def say(phase: str, word: str = lease) -> str:
        delivery.record_state(call_id=call.pk, phase=phase, device=phone, lease=word)
        call.refresh_from_db()
        return call.live_phase

    assert say("dialing", "guess") == ""
    assert say("dialing") == "dialing"
    assert call.status == Status.CONSUMED
    assert say("talking") == "talking"
    assert say("dialing") == "talking"
    assert say("received") == "talking"
    assert say("dancing") == "talking"
    assert say("ended") == "ended"
    assert call.closed_at is not None


def test_silent_grant_is_unconfirmed_and_a_late_state_corrects_it_without_reopening(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    lease = grant(delivery.claim(call_id=call.pk, device=phone)).lease
    age(call, claimed_at=timedelta(seconds=16))
    assert upkeep.close_overdue() == 1
    call.refresh_from_db()
    assert (call.status, call.is_unconfirmed) == (Status.DELIVERED, True)
    closed_at = call.closed_at
    assert click(anna).pk != call.pk
    delivery.record_state(call_id=call.pk, phase="dialing", device=phone, lease=lease)
    call.refresh_from_db()
    assert (call.status, call.is_unconfirmed, call.closed_at) == (Status.CONSUMED, False, closed_at)


def test_lost_holder_frees_the_manager_after_two_minutes(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    lease = grant(delivery.claim(call_id=call.pk, device=phone)).lease
    delivery.record_state(call_id=call.pk, phase="dialing", device=phone, lease=lease)
    assert upkeep.close_overdue() == 0
    two = timedelta(minutes=2, seconds=1)
    age(call, claimed_at=two, updated_at=two)
    assert upkeep.close_overdue() == 1
    call.refresh_from_db()
    assert (call.is_lost, call.closed_at is not None) == (True, True)


def test_refused_by_the_target_is_cancelled(anna: User) -> None:
    phone = device_of(anna)
    call = click(anna, device=phone)
    assert delivery.reject(call_id=call.pk, device=phone, reason="user")
    call.refresh_from_db()
    assert (call.status, call.reason) == (Status.CANCELLED, Reason.REJECTED)


def test_busy_phone_is_asked_again(anna: User) -> None:
    phone = device_of(anna)
    call = click(anna, device=phone)
    delivery.reject(call_id=call.pk, device=phone, reason="busy")
    assert grant(delivery.claim(call_id=call.pk, device=phone))


def test_pull_grants_once_and_repeats_only_for_a_client_that_dedupes(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    got = delivery.pull(device=phone, delivery=Delivery.LEGACY)
    assert got is not None
    assert got[0].pk == call.pk
    assert delivery.pull(device=phone, delivery=Delivery.LEGACY) is None
    again = delivery.pull(device=phone, delivery=Delivery.POLL, dedupe=True)
    assert again is not None
    assert again[1].lease == got[1].lease


def test_legacy_grant_has_45_seconds(anna: User) -> None:
    call, phone = click(anna), device_of(anna)
    delivery.pull(device=phone, delivery=Delivery.LEGACY)
    age(call, claimed_at=timedelta(seconds=30))
    assert upkeep.close_overdue() == 0
    age(call, claimed_at=timedelta(seconds=16))
    assert upkeep.close_overdue() == 1


def test_one_open_call_a_person(anna: User, boris: User) -> None:
    call = click(anna)
    assert click(anna).pk == call.pk
    with pytest.raises(clicks.CallOpen) as refused:
        click(anna, "+7 343 000-55-55")
    assert refused.value.extra["open_id"] == str(call.pk)
    assert click(boris).pk != call.pk
    assert CallRequest.objects.open().count() == 2
