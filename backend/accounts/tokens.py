"""Access and refresh tokens of phones and programs (D4).

A legacy client stores only `access` from a refresh answer, so its refresh token is not spent by use; a client
that speaks the new protocol rotates, and a spent token that comes back ends the whole family.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from accounts import events
from accounts.models import RefreshGrant, User
from audit.models import Source, Verb
from audit.services import log_event

ALGORITHM = "HS256"
REQUIRED = {"exp", "user_id"}
REUSE_GRACE = timedelta(seconds=30)


class InvalidToken(Exception):
    """A token that opens nothing; `expired` when only its time is over."""

    def __init__(self, message: str = "Вход недействителен.", *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says; whether the person may still act is read from the row."""

    user_id: int
    epoch: int
    device_id: str
    expires_at: datetime
    family: str = ""


@lru_cache(maxsize=8)
def _backend(key: str) -> TokenBackend:
    return TokenBackend(ALGORITHM, signing_key=key)


def _encode(claims: dict[str, Any], lifetime: timedelta) -> str:
    """Without `iat`: the clock of the process that reads may be a moment behind ours, and would refuse it."""
    return _backend(settings.SECRET_KEY).encode({**claims, "exp": timezone.now() + lifetime})


def _decode(token: str, kind: str) -> dict[str, Any]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            claims = _backend(key).decode(token)  # type: ignore[arg-type]  # it reads the text of a token
        except TokenBackendExpiredToken as error:
            raise InvalidToken(expired=True) from error
        except (TokenBackendError, ValueError):
            continue
        if claims.get("token_type") != kind or not claims.keys() >= REQUIRED:
            raise InvalidToken
        return claims
    raise InvalidToken


def _access(user: User, device_id: str, family: str) -> str:
    claims = {
        "token_type": "access",
        "user_id": user.pk,
        "epoch": user.auth_epoch,
        "device_id": device_id,
        "family": family,
        "jti": uuid.uuid4().hex,
    }
    return _encode(claims, settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"])


def _refresh(user: User, *, device_id: str, rotating: bool, family: str, jti: str) -> str:
    lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    RefreshGrant.objects.create(
        jti=jti,
        user=user,
        device_id=device_id[:64],
        is_rotating=rotating,
        family=family,
        expires_at=timezone.now() + lifetime,
    )
    return _encode({"token_type": "refresh", "user_id": user.pk, "jti": jti, "epoch": user.auth_epoch}, lifetime)


def issue_pair(user: User, *, device_id: str = "", rotating: bool) -> TokenPair:
    """New tokens for a person who has just proved who it is."""
    jti = uuid.uuid4().hex
    return TokenPair(
        access=_access(user, device_id, jti),
        refresh=_refresh(user, device_id=device_id, rotating=rotating, family=jti, jti=jti),
    )


def refresh_pair(token: str, *, device_id: str = "", ip: str | None = None) -> TokenPair:
    """A new access token; `refresh` is '' for a client that keeps its token. Raises InvalidToken.

    A token is bound to the device that it was given to: another `device_id` is refused. A client that names none
    is served, as in the first protocol; its access token carries the bound device.
    """
    claims = _decode(token, "refresh")
    with transaction.atomic():
        user = _lock(claims["user_id"])
        grant = RefreshGrant.objects.filter(jti=str(claims.get("jti", "")), user=user).first()
        stolen = grant is not None and _is_stolen(grant)
        if user is not None and grant is not None and stolen:
            _end_family(grant, user, ip)
        elif user is not None and grant is not None:
            return _renew(grant, user, claims, device_id)
    raise InvalidToken


def _lock(user_id: int) -> User | None:
    """The person's row, locked: a token that is being renewed cannot slip past the end of its family."""
    people = User.objects.select_related("branch").select_for_update(of=("self",), no_key=True)
    return people.filter(pk=user_id).first()


def _is_stolen(grant: RefreshGrant) -> bool:
    """A rotated token that comes back later than an answer may be lost in the air."""
    return (
        grant.is_rotating
        and grant.revoked_at is None
        and grant.used_at is not None
        and (timezone.now() - grant.used_at > REUSE_GRACE or _successor_used(grant))
    )


def _successor_used(grant: RefreshGrant) -> bool:
    """The answer to this token arrived: what came out of it has been used since."""
    later = RefreshGrant.objects.filter(family=grant.family, pk__gt=grant.pk, used_at__isnull=False)
    return later.exists()


def _end_family(grant: RefreshGrant, user: User, ip: str | None) -> None:
    """A spent token came back: one of the two who hold it is a thief, so neither keeps the entry, nor the socket."""
    events.rights_changed(user)
    RefreshGrant.objects.filter(family=grant.family, revoked_at__isnull=True).update(revoked_at=Now())
    log_event(
        actor=user,
        verb=Verb.LOGOUT,
        entity_type="user",
        entity_id=user.pk,
        message="Повторный ключ входа: вход телефона закрыт",
        meta={"device_id": grant.device_id},
        source=Source.MOBILE,
        ip=ip,
    )


def _renew(grant: RefreshGrant, user: User, claims: dict[str, Any], device_id: str) -> TokenPair:
    if (
        grant.revoked_at is not None
        or not user.is_active
        or user.auth_epoch != claims.get("epoch")
        or (grant.device_id and device_id and grant.device_id != device_id)
    ):
        raise InvalidToken
    access = _access(user, grant.device_id or device_id, grant.family)
    if not grant.is_rotating:
        return TokenPair(access, "")
    if grant.used_at is None:
        RefreshGrant.objects.filter(pk=grant.pk).update(used_at=Now())
    device_id = grant.device_id or device_id
    fresh = _refresh(user, device_id=device_id, rotating=True, family=grant.family, jti=uuid.uuid4().hex)
    return TokenPair(access, fresh)


def decode_access(token: str) -> AccessClaims:
    """Signature and time only, no database. Raises InvalidToken."""
    claims = _decode(token, "access")
    try:
        return AccessClaims(
            user_id=int(claims["user_id"]),
            epoch=int(claims.get("epoch", -1)),
            device_id=str(claims.get("device_id") or ""),
            expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC),
            family=str(claims.get("family") or ""),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidToken from error


@lru_cache(maxsize=16_384)
def _remembered(token: str, _keys: tuple[str, ...]) -> AccessClaims:
    return decode_access(token)


def remembered_access(token: str) -> AccessClaims:
    """`decode_access` for a token that comes again and again: its signature is read once, its time every time."""
    claims = _remembered(token, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    if claims.expires_at <= datetime.now(UTC):
        raise InvalidToken(expired=True)
    return claims


def owner_of_refresh(token: str) -> int | None:
    """Whose a refresh token is, by its signature only; None when it is not ours."""
    try:
        claims = _decode(token, "refresh")
    except InvalidToken:
        return None
    owner: int = claims["user_id"]
    return owner


def ended_q(**family: Any) -> QuerySet[RefreshGrant]:
    """Grants that say that these families open nothing any more."""
    return RefreshGrant.objects.filter(revoked_at__isnull=False, **family)


def ended_families(families: set[str]) -> set[str]:
    """Those whose log-in was ended: by a log-out, or because a spent token came back."""
    return set(ended_q(family__in=families - {""}).values_list("family", flat=True))


@transaction.atomic
def revoke_refresh(token: str, *, user: User) -> bool:
    """Log-out: this token and its family open nothing any more; only the person's own."""
    try:
        claims = _decode(token, "refresh")
    except InvalidToken:
        return False
    _lock(user.pk)
    mine = RefreshGrant.objects.filter(user=user)
    family = mine.filter(jti=str(claims.get("jti", ""))).values_list("family", flat=True).first()
    return bool(family and mine.filter(family=family, revoked_at__isnull=True).update(revoked_at=Now()))


@transaction.atomic
def end_family(family: str, *, user: User) -> None:
    """Log-out of whoever does not send the refresh token: the log-in that the access token came from is over."""
    _lock(user.pk)
    RefreshGrant.objects.filter(user=user, family=family, revoked_at__isnull=True).exclude(family="").update(
        revoked_at=Now()
    )


@transaction.atomic
def revoke_all(user: User, *, device_id: str = "") -> int:
    """Every refresh token of the person, or of one of the person's phones."""
    _lock(user.pk)
    grants = RefreshGrant.objects.filter(user=user, revoked_at__isnull=True)
    if device_id:
        grants = grants.filter(device_id=device_id)
    return grants.update(revoked_at=Now())


def revoke_phone(user: User, device_id: str) -> int:
    """The log-ins of one of the person's phones.

    An old dialer logs in without saying which phone it is: where no log-in is known to be this phone's, those that
    are known to be nobody's end.
    """
    found = revoke_all(user, device_id=device_id)
    if found:
        return found
    grants = RefreshGrant.objects.filter(user=user, revoked_at__isnull=True, device_id="")
    return grants.update(revoked_at=Now())


def purge_expired() -> int:
    """Forget tokens that are over anyway."""
    return RefreshGrant.objects.filter(expires_at__lt=Now()).delete()[0]
