"""Whose phone rings right now: told to the own pages, shown on wallboards for a minute. The number is kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from phonebridge import events

RINGS_S = 60


def begin(user: User, frame: dict[str, Any]) -> None:
    """A phone of the person asks who is calling."""
    cache.set(_key(user.pk), timezone.now().isoformat(), timeout=RINGS_S)
    events.ringing(user.pk, {**frame, "over": False})
    events.wall_changed(user.branch_id)


def end(user: User, frame: dict[str, Any]) -> None:
    """The report of the call has come; wallboards hear of it by the report itself."""
    cache.delete(_key(user.pk))
    events.ringing(user.pk, {**frame, "over": True})


def ringing_since(user_ids: Iterable[int]) -> dict[int, datetime]:
    """Who of these is being called, and since when; one question for all, nobody when Redis is away."""
    keys = {_key(user_id): user_id for user_id in user_ids}
    found = cache.get_many(list(keys))
    return {keys[key]: datetime.fromisoformat(moment) for key, moment in found.items()}


def _key(user_id: int) -> str:
    return f"ringing:{user_id}"
