"""The pages of one process, compared with the database now and then: a lost word must not leave a door open.

One look a process for many sockets, never one a socket.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.models import User
from accounts.sessions import is_current
from common.ws import Close, in_thread

if TYPE_CHECKING:
    from notifications.consumers import BrowserConsumer

logger = logging.getLogger(__name__)
SLICE = 500
RIGHTS = ("auth_epoch", "role", "branch_id", "data_scope", "is_superuser")

_pages: dict[asyncio.AbstractEventLoop, dict[BrowserConsumer, None]] = {}


def pages() -> dict[BrowserConsumer, None]:
    """The pages of the running loop, in the order in which they will be looked at."""
    return _pages.setdefault(asyncio.get_running_loop(), {})


def _look(user_ids: set[int], session_keys: set[str]) -> tuple[dict[int, tuple[Any, ...]], dict[str, dict[str, Any]]]:
    """Rights of those who are still let in, and what their sessions say."""
    rows = User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", *RIGHTS)
    alive = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    return {pk: tuple(rights) for pk, *rights in rows}, {row.session_key: row.get_decoded() for row in alive}


async def keep() -> None:
    """The loop of a process with pages."""
    known = pages()
    while True:
        await asyncio.sleep(settings.PAGE_CHECK.total_seconds())
        turn = [page for page in list(known)[:SLICE] if page.user is not None]
        for page in turn:
            known[page] = known.pop(page)  # to the end of the queue
        try:
            await _compare(turn)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Pages are compared later: %s", error)


async def _compare(turn: list[BrowserConsumer]) -> None:
    if not turn:
        return
    users = {page.user.pk for page in turn if page.user is not None}
    rights, sessions = await in_thread(_look, users, {page.session_key for page in turn})
    for page in turn:
        if page.closing or page.user is None:
            continue
        now = rights.get(page.user.pk)
        session = sessions.get(page.session_key)
        if now is None or now[0] != page.user.auth_epoch or session is None or not is_current(session, page.user):
            page.soon(page.shut(Close.LOGGED_OUT))
        elif now != tuple(getattr(page.user, name) for name in RIGHTS):
            page.soon(page.recheck())
