"""Letting a phone in: who is it, which installation, and from now on only this socket."""

from __future__ import annotations

import uuid

from accounts import tokens
from accounts.models import User
from common.errors import DomainError
from phonebridge.hall import beat, hall
from phonebridge.models import PhoneDevice
from phonebridge.services import devices


class BadToken(DomainError):
    code = "bad_token"
    status = 401


def fresh_user(user_id: int) -> User | None:
    return User.objects.select_related("branch").filter(pk=user_id, is_active=True).first()


def same_person(claims: tokens.AccessClaims, user_id: int) -> None:
    user = fresh_user(claims.user_id)
    if user is None or user.auth_epoch != claims.epoch or user.pk != user_id:
        raise BadToken("Вход недействителен.")


def admit(claims: tokens.AccessClaims, said: devices.Hello, connection_id: uuid.UUID, ip: str | None) -> PhoneDevice:
    """Who is it, which phone, and from now on only this socket."""
    user = fresh_user(claims.user_id)
    if user is None or user.auth_epoch != claims.epoch:
        raise BadToken("Вход недействителен.")
    if claims.device_id and claims.device_id != said.device_id:
        raise BadToken("Этот вход выдан другому телефону.")
    device = devices.register(user=user, hello=said, ip=ip)
    device.user = user
    room = hall()
    if not room.has_beaten:
        beat(room)
    devices.connect(device=device, connection_id=connection_id, process_id=room.process_id)
    return device


def let_go(device_id: int, connection_id: uuid.UUID, user_id: int, branch_id: int | None) -> None:
    devices.disconnect(device_id=device_id, connection_id=connection_id, user_id=user_id, branch_id=branch_id)
