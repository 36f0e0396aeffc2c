"""Web sessions: stamped with the person's auth epoch, ended when it moves on."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import BigIntegerField
from django.utils.crypto import constant_time_compare

from accounts.models import User
from common.statements import Param, Rows

EPOCH_KEY = "auth_epoch"
STARTED_KEY = "started_at"
SEEN_KEY = "seen_at"
HOUR_S = 3600
IDLE_S, ABSOLUTE_S = 12 * HOUR_S, 14 * 24 * HOUR_S
ADMIN_IDLE_S, ADMIN_ABSOLUTE_S = 2 * HOUR_S, 12 * HOUR_S
SEEN_EVERY_S = 300


def mark_of(session_key: str) -> str:
    """A name for a session that does not give it away."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def stamp(session: Any, user: User) -> None:
    """Mark a fresh session with the person's epoch and the present moment."""
    session[EPOCH_KEY] = user.auth_epoch
    session[STARTED_KEY] = session[SEEN_KEY] = int(time.time())


def is_good(session: Any, user: User, *, by_hand: bool = True) -> bool:
    """False when the person was logged out everywhere, deactivated, or away for too long.

    Only what a person does (`by_hand`) counts as being there.
    A session without a stamp (made by another log-in path) gets one.
    """
    if not user.is_active:
        return False
    if EPOCH_KEY not in session:
        stamp(session, user)
        return True
    if not is_current(session, user):
        return False
    now = int(time.time())
    if by_hand and now - session.get(SEEN_KEY, 0) > SEEN_EVERY_S:
        session[SEEN_KEY] = now
    return True


def is_current(session: Any, user: User) -> bool:
    """False when the session was left alone, or has lasted, for longer than the person's role allows."""
    idle_s, absolute_s = (ADMIN_IDLE_S, ADMIN_ABSOLUTE_S) if user.is_admin else (IDLE_S, ABSOLUTE_S)
    now = int(time.time())
    is_fresh: bool = now - session.get(SEEN_KEY, now) <= idle_s and now - session.get(STARTED_KEY, now) <= absolute_s
    return is_fresh and bool(session.get(EPOCH_KEY, user.auth_epoch) == user.auth_epoch)


_ACTIVE = Rows(lambda: User.objects.filter(pk=Param("user_id", BigIntegerField()), is_active=True))


def active_user(user_id: int) -> User | None:
    """The person as the row is now; None when it may not come in."""
    return next(iter(_ACTIVE(user_id=user_id)), None)


def user_of_session(session: Any) -> User | None:
    """The person of a session outside HTTP (sockets); None when the session is no longer good."""
    pk = session.get(SESSION_KEY)
    if pk is None or BACKEND_SESSION_KEY not in session:
        return None
    user = active_user(int(pk))
    if user is None or (EPOCH_KEY in session and not is_current(session, user)):
        return None
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    return user
