"""The lock at the door: counters in the database, so that a lost Redis cannot open it (S-10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import LoginFailure, LoginLock, User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError

WINDOW = timedelta(minutes=15)
PAIR_LIMIT = 5
NAME_LIMIT, NAME_WINDOW = 20, timedelta(hours=1)
ADDRESS_LIMIT = 50
LONGEST_LOCK = timedelta(hours=24)
KNOWN_COOKIE = "known_device"
KNOWN_SALT = "accounts.known_device"
NEUTRAL = "Неверный логин или пароль. После нескольких неудач вход ненадолго закрывается."

_DUMMY = make_password("nobody knows this one")


class BadLogin(DomainError):
    """One text for unknown, wrong, locked and inactive."""

    code = "bad_login"
    status = 401


class AddressFlood(DomainError):
    code = "too_many_attempts"
    status = 429


def known_device_mark(user: User) -> str:
    """The value of the cookie that a browser keeps after a good log-in."""
    return signing.dumps(user.username.lower(), salt=KNOWN_SALT)


def is_known_device(cookie: str, username: str) -> bool:
    try:
        return bool(signing.loads(cookie, salt=KNOWN_SALT, max_age=timedelta(days=90)) == username.lower())
    except signing.BadSignature:
        return False


def sign_in(*, username: str, password: str, ip: str | None, source: Source, known_device: bool = False) -> User:
    """The person, if name and password fit and the door is not locked. Raises BadLogin, AddressFlood.

    The work done is the same for unknown, wrong, locked and inactive, and so is the text.
    """
    name = username.replace("\x00", "").strip().lower()[:150]
    now = timezone.now()
    address = ip or None
    if not known_device and _failures(now - WINDOW, ip=address).count() >= ADDRESS_LIMIT:
        raise AddressFlood("Слишком много попыток с этого адреса. Повторите через 15 минут.")
    user = User.objects.select_related("branch").filter(username__iexact=name).first() if name else None
    fits = check_password(password, user.password if user is not None else _DUMMY)
    locked = _is_locked(name, address, now, known_device=known_device)
    if user is not None and fits and user.is_active and not locked:
        _forget(name, address)
        log_event(
            actor=user,
            verb=Verb.LOGIN,
            entity_type="user",
            entity_id=user.pk,
            message="Вход",
            source=source,
            ip=address,
        )
        return user
    if not locked:
        _remember_failure(name=name, address=address, now=now, user=user, source=source, known_device=known_device)
    raise BadLogin(NEUTRAL)


def _failures(since: datetime, **where: str | None) -> QuerySet[LoginFailure]:
    return LoginFailure.objects.filter(at__gt=since, **where)


def _is_locked(name: str, ip: str | None, now: datetime, *, known_device: bool) -> bool:
    locks = LoginLock.objects.filter(name=name, until__gt=now)
    mine = Q(ip=ip) if ip else Q(ip__isnull=True, pk__in=[])
    if not known_device:
        mine |= Q(ip__isnull=True)
    return locks.filter(mine).exists()


@transaction.atomic
def _remember_failure(
    *, name: str, address: str | None, now: datetime, user: User | None, source: Source, known_device: bool
) -> None:
    LoginFailure.objects.create(name=name, ip=address, at=now)
    if _failures(now - WINDOW, name=name, ip=address).count() >= PAIR_LIMIT:
        _lock(name, address, now, user, source)
    elif not known_device and _failures(now - NAME_WINDOW, name=name).count() >= NAME_LIMIT:
        _lock(name, None, now, user, source)


def _lock(name: str, ip: str | None, now: datetime, user: User | None, source: Source) -> None:
    """Close the door; each further time within a day twice as long."""
    lock, made = LoginLock.objects.select_for_update().get_or_create(
        name=name, ip=ip, defaults={"until": now + WINDOW}
    )
    if not made:
        again = now - lock.until < LONGEST_LOCK
        lock.strikes = min(lock.strikes + 1, 10) if again else 1
        lock.until = now + min(WINDOW * 2 ** (lock.strikes - 1), LONGEST_LOCK)
        lock.save(update_fields=["strikes", "until"])
    LoginFailure.objects.filter(name=name, ip=ip).delete()
    log_event(
        actor=user,
        verb=Verb.LOCKOUT,
        entity_type="user",
        entity_id=user.pk if user else "",
        message=f"Вход закрыт до {timezone.localtime(lock.until):%d.%m.%Y %H:%M}",
        meta={"name": name},
        source=source,
        ip=ip,
    )


def _forget(name: str, ip: str | None) -> None:
    LoginFailure.objects.filter(name=name, ip=ip).delete()


@transaction.atomic
def unlock(*, username: str, actor: User | None = None) -> int:
    """Open the door for a name again; returns how many locks were removed."""
    name = username.strip().lower()
    LoginFailure.objects.filter(name=name).delete()
    removed = LoginLock.objects.filter(name=name).delete()[0]
    if removed:
        log_event(actor=actor, verb=Verb.UPDATE, entity_type="user", message="Вход открыт", meta={"name": name})
    return removed
