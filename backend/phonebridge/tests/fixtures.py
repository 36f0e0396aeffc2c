"""Small helpers of the call tests: a phone that talks REST, a click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import User
from phonebridge.models import CallBack, CallRequest, PhoneDevice
from phonebridge.services import clicks, devices

NUMBER = "+7 343 000-12-34"
E164 = "+73430001234"


def phone_client(user: User, *, protocol: bool = False) -> APIClient:
    """A client that carries the person's access token, as a phone does."""
    client = APIClient()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {tokens.issue_pair(user, rotating=protocol).access}"}
    if protocol:
        headers["HTTP_X_CRM_PROTOCOL"] = "1"
    client.credentials(**headers)
    return client


def device_of(user: User, name: str = "phone-1") -> PhoneDevice:
    return devices.register(user=user, hello=devices.Hello(device_id=name, device_name="Honor 90"))


def click(user: User, phone: str = NUMBER, **kwargs: Any) -> CallRequest:
    return clicks.request_call(actor=user, phone=phone, **kwargs).call


def age(call: CallRequest, **moves: timedelta) -> CallRequest:
    """Move moments of the row into the past, as time would."""
    CallRequest.objects.filter(pk=call.pk).update(**{name: F(name) - by for name, by in moves.items()})
    call.refresh_from_db()
    return call


def missed_by(user: User, number: int = 73430001299) -> CallBack:
    """A caller whom this person has to call back, handed over by a colleague."""
    now = timezone.now()
    return CallBack.objects.create(
        branch=user.branch,
        number_key=number,
        phone_e164=f"+{number}",
        assignee=user,
        first_missed_at=now,
        last_missed_at=now,
        never_at=now,
        handed_at=now,
        handed_by=user,
    )
