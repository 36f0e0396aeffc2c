"""The person behind a request that has passed log-in."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def actor(request: HttpRequest) -> User:
    """The user of a view behind `login_required`."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (login_required has let nobody else in)
    return user


def is_fragment(request: HttpRequest) -> bool:
    """True when a script asks for the call box alone."""
    return request.headers.get("X-Fragment") == "call-box"
