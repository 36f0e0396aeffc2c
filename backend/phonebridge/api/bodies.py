"""Reading of bodies that must never be refused, and the device of a request."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from accounts.models import User
from common.errors import DomainError
from phonebridge.models import PhoneDevice
from phonebridge.services.devices import text

PROTOCOL_HEADER = "X-CRM-Protocol"


def read_json(request: Request | HttpRequest) -> Any:
    """The body as JSON. Raises ParseError with words when it is not JSON."""
    raw = request.body
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ParseError("Тело запроса не разобрано: ожидается JSON.") from error


def read_object(request: Request | HttpRequest) -> dict[str, Any]:
    """The body as a JSON object."""
    body = read_json(request)
    if not isinstance(body, dict):
        raise ParseError("Ожидается объект JSON.")
    return body


def user_of(request: Request) -> User:
    """The authenticated person (permissions have seen to it)."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (typing)
    return user


def device_of(user: User, device_id: Any) -> PhoneDevice | None:
    """The person's phone of this number, unless it was taken out of service."""
    name = text(device_id, 65)
    if not name:
        return None
    return PhoneDevice.objects.usable().select_related("user__branch").filter(user=user, device_id=name).first()


class UnknownDevice(DomainError):
    code = "unknown_device"
    status = 404


def required_device(user: User, device_id: Any) -> PhoneDevice:
    """`device_of`, or a refusal with words."""
    device = device_of(user, device_id)
    if device is None:
        raise UnknownDevice("Устройство не зарегистрировано.")
    return device


def speaks_protocol(request: Request | HttpRequest) -> bool:
    """True for a client that knows the new protocol (it rotates tokens, sends states, knows leases)."""
    return request.headers.get(PROTOCOL_HEADER, "").isdecimal()
