"""The person behind a request that has passed log-in."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from accounts import scope
from accounts.models import User
from accounts.roles import Reach


def actor(request: HttpRequest) -> User:
    """The user of a view behind `login_required`."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (login_required has let nobody else in)
    return user


def holder_or_404(request: HttpRequest, verb: str) -> User:
    """The user, if the verb reaches anything for that person; to others the room does not exist. Raises Http404."""
    user = actor(request)
    if scope.reach(user, verb) == Reach.NONE:
        raise Http404
    return user


def is_fragment(request: HttpRequest) -> bool:
    """True when a script asks for the call box alone."""
    return request.headers.get("X-Fragment") == "call-box"
