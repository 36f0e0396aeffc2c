"""Letting a phone in: who is it, which installation, and from now on only this socket."""

from __future__ import annotations

import uuid
from functools import partial

from django.db import IntegrityError
from django.db.models import BigIntegerField

from accounts import tokens
from accounts.models import User
from common.errors import DomainError
from common.realtime import Message
from common.statements import Param, Rows, Select, in_order
from phonebridge.hall import beat, hall
from phonebridge.models import PhoneDevice
from phonebridge.services import devices


class BadToken(DomainError):
    code = "bad_token"
    status = 401


_PERSON = Rows(
    lambda: User.objects.filter(pk=Param("user_id", BigIntegerField()), is_active=True),
    *("id", "username", "auth_epoch", "branch_id"),
)


def fresh_user(user_id: int) -> User | None:
    """Little of the person: thousands of sockets each hold one."""
    return next(iter(_PERSON(user_id=user_id)), None)


_HOLDER = Select(
    lambda: PhoneDevice.objects.filter(pk=Param("device", BigIntegerField())).values_list("connection_id")
)


def holder_of(device: int) -> uuid.UUID | None:
    """The connection that the phone's row names now."""
    rows = _HOLDER(device=device)
    return rows[0][0] if rows else None


def same_phone(claims: tokens.AccessClaims, device: PhoneDevice) -> None:
    """Raises BadToken unless this newer token is of the same person and phone, and still opens something."""
    user = still_in(device.user_id, claims.epoch, claims.family)
    if user is None or user.pk != claims.user_id or claims.device_id not in {"", device.device_id}:
        raise BadToken("Вход недействителен.")


def still_in(user_id: int, epoch: int, family: str) -> User | None:
    """The person, while that log-in is good."""
    user = fresh_user(user_id)
    if user is None or user.auth_epoch != epoch or tokens.ended_families({family}):
        return None
    return user


_SEAT = Select(
    lambda: devices.let_in().values_list("user__username", "user__auth_epoch", "user__branch_id", "connection_id")
)


def admit(
    claims: tokens.AccessClaims, said: devices.Hello, connection_id: uuid.UUID, ip: str | None
) -> tuple[PhoneDevice, list[Message]]:
    """Who is it, which phone, and from now on only this socket; the phone, and what to tell others."""
    if claims.device_id and claims.device_id != said.device_id:
        raise BadToken("Этот вход выдан другому телефону.")
    room = hall()
    if not room.has_beaten:
        beat(room)
    user, had = _known(claims, said)
    device = None if user is None else _connect(user, said, connection_id, ip)
    if user is None or device is None:
        user = still_in(claims.user_id, claims.epoch, claims.family)
        if user is None:
            raise BadToken("Вход недействителен.")
        devices.register(user=user, hello=said, ip=ip)
        device = _connect(user, said, connection_id, ip)
    if device is None:
        raise BadToken("Вход недействителен.")
    news = devices.news_of(device, user.branch_id, connection_id, had=had)
    seat = PhoneDevice.from_db("default", ["id", "user_id", "device_id"], [device.pk, user.pk, device.device_id])
    seat.user = user
    return seat, news


def _known(claims: tokens.AccessClaims, said: devices.Hello) -> tuple[User | None, bool]:
    """The person of a phone that has been here before, and whether another socket may still hold it."""
    rows = _SEAT(user_id=claims.user_id, device_id=devices.device_name(said.device_id), family=claims.family)
    if not rows or rows[0][1] != claims.epoch:
        return None, False
    username, epoch, branch_id, connection = rows[0]
    names = in_order(User, "id", "username", "auth_epoch", "branch_id")
    values = {"id": claims.user_id, "username": username, "auth_epoch": epoch, "branch_id": branch_id}
    return User.from_db("default", names, [values[name] for name in names]), connection is not None


def _connect(user: User, said: devices.Hello, connection_id: uuid.UUID, ip: str | None) -> PhoneDevice | None:
    connect = partial(
        devices.connect,
        user_id=user.pk,
        epoch=user.auth_epoch,
        hello=said,
        connection_id=connection_id,
        process_id=hall().process_id,
        ip=ip,
    )
    try:
        return connect()
    except IntegrityError:
        # this process slept so long that its row was taken for dead and forgotten
        beat(hall())
        return connect()
