"""At once: two polls of one dialer, two phones that refuse (K-12, K-18)."""

from __future__ import annotations

from functools import partial

import pytest
from django.conf import LazySettings
from django.db.models.functions import Now

from accounts.models import User
from accounts.tests.queues import held
from phonebridge.enums import Delivery
from phonebridge.models import PhoneDevice
from phonebridge.services import delivery, devices
from phonebridge.tests.fixtures import click, device_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("dedupe", "served"), [(False, 1), (True, 2)])
def test_two_polls_of_one_phone_that_saw_the_same_command(anna: User, dedupe: bool, served: int) -> None:
    """Who does not promise to know a repeat gets the command once, also when the two polls overlap."""
    phone, call = device_of(anna, "old"), click(anna)

    def poll() -> object:
        return delivery.pull(device=phone, delivery=Delivery.LEGACY, dedupe=dedupe)

    with held(call) as queue:
        queue.join("one", poll)
        queue.join("two", poll)
    answers = [answer for answer in queue.answers.values() if answer is not None]
    assert len(answers) == served
    assert {answer[0].pk for answer in answers} == {call.pk}


def test_many_that_register_at_once_stay_below_the_limit(anna: User, settings: LazySettings) -> None:
    settings.PHONE_DEVICES_PER_USER = 2
    device_of(anna, "first")

    def register(name: str) -> str:
        try:
            return device_of(anna, name).device_id
        except devices.TooManyDevices:
            return ""

    with held(anna) as queue:
        for name in ("second", "third", "fourth"):
            queue.join(name, partial(register, name))
    assert sorted(queue.answers.values()) == ["", "", "second"]


def test_two_phones_that_refuse_at_once_end_the_command(anna: User) -> None:
    phones, call = [device_of(anna, name) for name in ("one", "two")], click(anna)
    PhoneDevice.objects.update(last_poll_at=Now())  # both can be reached
    with held(call) as queue:
        for phone in phones:
            refuse = partial(delivery.reject, call_id=call.pk, device=phone, reason="no_permission")
            queue.join(phone.device_id, refuse)
    call.refresh_from_db()
    assert (call.status, call.reason) == ("cancelled", "rejected")
