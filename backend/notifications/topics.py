"""Who may listen to what: a prefix maps to a check, registered by the app that owns the topic."""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import User

MayJoin = Callable[[User, str], bool]
_registry: dict[str, MayJoin] = {}
_with_viewers: set[str] = set()


def register(prefix: str, check: MayJoin, *, shows_viewers: bool = False) -> None:
    """`check(user, key)` decides about topics `<prefix>.<key>`; those that watch one may be shown to each other."""
    _registry[prefix] = check
    if shows_viewers:
        _with_viewers.add(prefix)


def shows_viewers(topic: str) -> bool:
    return topic.partition(".")[0] in _with_viewers


def may_join(user: User, topic: str) -> bool:
    """False for unknown topics, bad keys and whatever the owner of the topic refuses."""
    prefix, dot, key = topic.partition(".")
    check = _registry.get(prefix)
    return bool(dot) and check is not None and user.is_active and check(user, key)


def prefixes() -> list[str]:
    return sorted(_registry)


def _own(user: User, key: str) -> bool:
    return key == str(user.pk)


register("user", _own)
