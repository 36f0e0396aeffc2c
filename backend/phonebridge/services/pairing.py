"""A phone joins a person by QR, and leaves."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from common.realtime import publish_on_commit
from phonebridge import topics
from phonebridge.models import MobileAppQrToken

QR_TTL = timedelta(minutes=5)


class BadQr(DomainError):
    code = "bad_qr"


@dataclass(frozen=True, slots=True)
class QrToken:
    """The token as the QR shows it; only its hash is stored."""

    token: str
    expires_at: datetime


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_qr(*, user: User) -> QrToken:
    """A one-time token of 256 bits for five minutes; earlier unused ones of the person are void."""
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + QR_TTL
    MobileAppQrToken.objects.filter(user=user, used_at__isnull=True).update(expires_at=Now())
    MobileAppQrToken.objects.create(user=user, token_hash=_hash(token), expires_at=expires_at)
    return QrToken(token, expires_at)


@transaction.atomic
def exchange_qr(*, token: str, ip: str | None) -> User:
    """The person behind the token, which is spent by this. Raises BadQr with one text for all causes."""
    fresh = MobileAppQrToken.objects.filter(
        token_hash=_hash(token), used_at__isnull=True, expires_at__gt=Now(), user__is_active=True
    )
    row = fresh.select_related("user__branch").first()
    if row is None or not fresh.update(used_at=Now(), used_ip=ip or None):
        raise BadQr("Код неверен, уже использован или истёк. Создайте новый.")
    log_event(
        actor=row.user,
        verb=Verb.LOGIN,
        entity_type="user",
        entity_id=row.user.pk,
        message="Вход по QR",
        source=Source.MOBILE,
        ip=ip or None,
    )
    publish_on_commit(topics.person(row.user_id), {"type": "paired", "at": timezone.now().isoformat()})
    return row.user


def log_out_everywhere(*, user: User) -> None:
    """Every phone of the person is logged out and its socket closed."""
    accounts.end_sessions(user=user, actor=user)
