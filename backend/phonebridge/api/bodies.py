"""Who is asking, and from which of the person's phones."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import AccessClaims
from common.errors import DomainError
from phonebridge.models import PhoneDevice
from phonebridge.services.devices import text


def user_of(request: Request) -> User:
    """The authenticated person (permissions have seen to it)."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (typing)
    return user


class NotItsPhone(DomainError):
    code = "bad_token"
    status = 401


def family_of(request: Request) -> str:
    """The log-in that the access token came from; '' for a session of the browser."""
    return request.auth.family if isinstance(request.auth, AccessClaims) else ""


def phone_of_token(request: Request) -> str:
    """The `device_id` that the access token was given to; '' of an old log-in and of a session of the browser."""
    return request.auth.device_id if isinstance(request.auth, AccessClaims) else ""


def own_phone(request: Request, device_id: str) -> None:
    """A token that was given to one phone fetches nothing for another. Raises NotItsPhone."""
    if phone_of_token(request) not in {"", device_id}:
        raise NotItsPhone("Этот вход выдан другому телефону.")


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
