"""Who may listen to what: a prefix maps to a check, registered by the app that owns the topic."""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import User

MayJoin = Callable[[User, str], bool]
_registry: dict[str, MayJoin] = {}


def register(prefix: str, check: MayJoin) -> None:
    """`check(user, key)` decides about topics `<prefix>.<key>`."""
    _registry[prefix] = check


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
