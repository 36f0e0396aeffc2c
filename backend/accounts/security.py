"""The lock at the door: counters in the database, so that a lost Redis cannot open it (S-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.addresses import counted
from accounts.models import LoginFailure, LoginLock, User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError

WINDOW = timedelta(minutes=15)
PAIR_LIMIT = 5
NAME_LIMIT, NAME_WINDOW = 20, timedelta(hours=1)
ADDRESS_LIMIT = 50
LONGEST_LOCK = timedelta(hours=24)
MOST_STRIKES = 10
FAILURES_KEPT = timedelta(days=1)
NEUTRAL = "Неверный логин или пароль. После нескольких неудач вход ненадолго закрывается."


class BadLogin(DomainError):
    """One text for unknown, wrong, locked and inactive."""

    code = "bad_login"
    status = 401


class AddressFlood(DomainError):
    code = "too_many_attempts"
    status = 429


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who knocks. `device` is the mark of a browser that this person has logged in with before, else ''.

    `ip` is what the counters know the address by, `said_ip` the address itself.
    """

    name: str
    ip: str | None
    said_ip: str | None
    device: str
    source: Source
    now: datetime


@dataclass(frozen=True, slots=True)
class Door:
    """One counter: the failures it counts, and the lock that closes it."""

    name: str
    ip: str | None
    device: str
    failures: QuerySet[LoginFailure]
    window: timedelta
    limit: int
    longest: timedelta

    def lock(self) -> QuerySet[LoginLock]:
        return LoginLock.objects.filter(name=self.name, ip=self.ip, device=self.device)

    def is_closed(self, now: datetime) -> bool:
        return self.lock().filter(until__gt=now).exists()

    def is_full(self, now: datetime) -> bool:
        """Too many failures in the window; those before the end of the last lock have been paid for."""
        paid = self.lock().values_list("until", flat=True).first()
        since = max(now - self.window, paid) if paid else now - self.window
        return self.failures.filter(at__gt=since).count() >= self.limit


def doors(attempt: Attempt) -> list[Door]:
    """The counters of an attempt. A known browser has one of its own: strangers cannot lock it out."""
    failures = LoginFailure.objects.filter(name=attempt.name, device=attempt.device)
    if attempt.device:
        return [Door(attempt.name, None, attempt.device, failures, WINDOW, PAIR_LIMIT, LONGEST_LOCK)]
    here = failures.filter(ip=attempt.ip)
    return [
        Door(attempt.name, attempt.ip, "", here, WINDOW, PAIR_LIMIT, LONGEST_LOCK),
        Door(attempt.name, None, "", failures, NAME_WINDOW, NAME_LIMIT, WINDOW),
    ]


def fold(username: str) -> str:
    """A log-in name as the counters and the look-up know it."""
    return _written(username).lower()


def _written(username: str) -> str:
    return User.normalize_username(username.replace("\x00", "").strip())[:150]


def sign_in(*, username: str, password: str, ip: str | None, source: Source, device: str = "") -> User:
    """The person, if name and password fit and the door is not locked. Raises BadLogin, AddressFlood.

    The work done is the same for unknown, wrong, locked and inactive, and so is the text.
    """
    attempt = Attempt(
        name=fold(username), ip=counted(ip), said_ip=ip or None, device=device, source=source, now=timezone.now()
    )
    _refuse_flood(attempt)
    user = find_person(username)
    # An unusable hash lets Django run the hasher once for nothing, so an unknown name costs the same time.
    fits = check_password(password, user.password if user is not None else UNUSABLE_PASSWORD_PREFIX)
    entered = _settle(attempt, user, fits=fits)
    if entered is None:
        raise BadLogin(NEUTRAL)
    return entered


@transaction.atomic
def _settle(attempt: Attempt, user: User | None, *, fits: bool) -> User | None:
    """Open the door or count a failure. Attempts on one person are settled one after another.

    So of many at once the sixth finds the lock, and not only those that come after it.
    """
    rows = User.objects.select_related("branch").select_for_update(of=("self",), no_key=True)
    fresh = rows.filter(pk=user.pk if user else 0).first()
    closed = [door for door in doors(attempt) if door.is_closed(attempt.now)]
    is_same = fresh is not None and user is not None and fresh.password == user.password
    if fresh is not None and fits and is_same and fresh.is_active and not closed:
        _welcome(attempt, fresh)
        return fresh
    _remember_failure(attempt, user)
    return None


def find_person(username: str) -> User | None:
    """By the name as written, else without regard to case when only one is meant."""
    name = _written(username)
    if not name:
        return None
    people = list(User.objects.select_related("branch").filter(username__iexact=name)[:2])
    if len(people) > 1:
        return next((person for person in people if person.username == name), None)
    return people[0] if people else None


def _refuse_flood(attempt: Attempt) -> None:
    if attempt.device:
        return
    recent = LoginFailure.objects.filter(ip=attempt.ip, device="", at__gt=attempt.now - WINDOW)
    if recent.count() >= ADDRESS_LIMIT:
        raise AddressFlood("Слишком много попыток с этого адреса. Повторите через 15 минут.")


def _welcome(attempt: Attempt, user: User) -> None:
    own = doors(attempt)[0]
    own.failures.delete()
    own.lock().delete()
    log_event(
        actor=user,
        verb=Verb.LOGIN,
        entity_type="user",
        entity_id=user.pk,
        message="Вход",
        source=attempt.source,
        ip=attempt.said_ip,
    )


def _remember_failure(attempt: Attempt, user: User | None) -> None:
    LoginFailure.objects.create(name=attempt.name, ip=attempt.ip, device=attempt.device, at=attempt.now)
    for door in doors(attempt):
        if door.is_full(attempt.now):
            _close(door, attempt, user)


def _close(door: Door, attempt: Attempt, user: User | None) -> None:
    """Close the door; each further time within a day twice as long."""
    now = attempt.now
    lock, made = LoginLock.objects.select_for_update().get_or_create(
        name=door.name, ip=door.ip, device=door.device, defaults={"until": now + WINDOW}
    )
    if not made:
        if lock.until > now:
            return
        again = now - lock.until < LONGEST_LOCK
        lock.strikes = min(lock.strikes + 1, MOST_STRIKES) if again else 1
        lock.until = now + min(WINDOW * 2 ** (lock.strikes - 1), door.longest)
        lock.save(update_fields=["strikes", "until"])
    log_event(
        actor=None,
        verb=Verb.LOCKOUT,
        entity_type="user",
        entity_id=user.pk if user else "",
        message=f"Вход закрыт до {timezone.localtime(lock.until):%d.%m.%Y %H:%M}",
        meta={"name": door.name, "everywhere": door.ip is None and not door.device},
        source=attempt.source,
        ip=attempt.said_ip,
    )


@transaction.atomic
def unlock(*, username: str, actor: User | None = None) -> int:
    """Open the door for a name again; returns how many locks were removed."""
    name = fold(username)
    LoginFailure.objects.filter(name=name).delete()
    removed = LoginLock.objects.filter(name=name).delete()[0]
    if removed:
        user = find_person(name)
        log_event(
            actor=actor,
            verb=Verb.UPDATE,
            entity_type="user",
            entity_id=user.pk if user else "",
            message="Вход открыт",
            meta={"name": name},
        )
    return removed


def purge_failures(*, now: datetime) -> int:
    """Forget attempts that no window reaches, and locks whose strikes no longer count."""
    gone = LoginFailure.objects.filter(at__lt=now - FAILURES_KEPT).delete()[0]
    return gone + LoginLock.objects.filter(until__lt=now - LONGEST_LOCK).delete()[0]
