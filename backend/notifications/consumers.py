"""The browser's socket: what a page may hear, nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from accounts.models import User
from accounts.sessions import active_user, mark_of, user_of_session
from common.ids import uuid7
from common.realtime import Event, hub, is_draining
from common.ws import Close, SocketConsumer, in_thread, is_same_origin
from notifications import topics
from notifications.lobby import pages
from notifications.viewers import audience

MAX_TOPICS = 50


class BrowserConsumer(SocketConsumer):
    """`/ws/ui/`: session cookie and Origin; every socket hears its person, the page asks for more by `watch`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user: User | None = None
        self.joined: set[str] = set()
        # topics whose right is being looked up, and whether an event came meanwhile
        self.checking: dict[str, bool] = {}
        self.session_key = self.session_mark = ""
        # what is allowed and what is joined change together: neither may be read while the other moves
        self.rights = asyncio.Lock()

    async def connect(self) -> None:
        if not is_same_origin(self.scope):
            await self.close()
            return
        await self.accept()
        if is_draining():
            await self.shut(Close.DRAIN)
            return
        try:
            await self._enter()
        except (OperationalError, InterfaceError):
            await self.shut(Close.OVERLOADED)

    async def _enter(self) -> None:
        user = await in_thread(_session_user, self.scope)
        if user is None:
            await self.shut(Close.LOGGED_OUT)
            return
        self.user = user
        self.session_key = self.scope["session"].session_key or ""
        self.session_mark = mark_of(self.session_key)
        pages()[self] = None
        await self._join(f"access.{user.pk}", f"user.{user.pk}")
        await self.send_frame(
            {
                "type": "hello",
                "session": str(uuid7()),
                "server_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "ping_s": round(self.ping_after.total_seconds()),
                "release": settings.RELEASE,
            }
        )
        self.start_heartbeat()

    async def _join(self, *names: str) -> None:
        fresh = set(names) - self.joined
        self.joined |= fresh
        await hub().subscribe(self, *names)
        if self.user is not None:
            audience().come(self.user.pk, fresh)

    async def _leave(self, *names: str) -> None:
        gone = self.joined & set(names)
        self.joined -= gone
        if self.user is not None:
            audience().go(self.user.pk, gone)
        await hub().unsubscribe(self, *names)

    async def on_frame(self, kind: str, frame: dict[str, Any]) -> None:
        if self.user is None or kind not in {"watch", "unwatch"}:
            return
        topic = frame.get("topic")
        if not isinstance(topic, str) or len(topic) > 80 or topic.startswith("access."):
            await self.send_frame({"type": "denied", "topic": str(topic)[:80]})
            return
        if kind == "unwatch":
            if topic != f"user.{self.user.pk}" and topic in self.joined:
                await self._leave(topic)
            return
        try:
            async with self.rights:
                allowed = len(self.joined) < MAX_TOPICS and await in_thread(_may_join, self.user.pk, topic)
                if allowed:
                    await self._join(topic)
        except (OperationalError, InterfaceError):
            # «denied» would be untrue; the page comes back and asks again
            await self.shut(Close.OVERLOADED)
            return
        await self.send_frame({"type": "watching" if allowed else "denied", "topic": topic})

    def deliver(self, event: Event) -> None:
        """An event of the hub; runs on the loop. The text goes out as it was published."""
        if self.closing or self.user is None:
            return
        if event.topic.startswith("access."):
            self.soon(self._on_access(event.data))
        elif event.topic in self.checking:
            self.checking[event.topic] = True
        elif '"recheck"' in event.text and event.data.get("type") == "recheck":
            self.soon(self._on_recheck(event.topic))
        else:
            self.soon(self.send_text(event.text))

    async def _on_access(self, data: dict[str, Any]) -> None:
        if data.get("type") == "logout":
            if data.get("session") == self.session_mark:
                await self.shut(Close.LOGGED_OUT)
            return
        await self.recheck()

    async def recheck(self) -> None:
        """Rights changed: leave what is no longer allowed, tell the page to read everything again."""
        assert self.user is not None  # noqa: S101 (typing)
        async with self.rights:
            fresh, lost = await in_thread(_recheck, self.user.pk, self.user.auth_epoch, sorted(self.joined))
            if fresh is not None:
                self.user = fresh
            for topic in lost:
                await self._leave(topic)
        if fresh is None:
            await self.shut(Close.LOGGED_OUT)
            return
        await self.send_frame({"type": "resync"})

    async def _on_recheck(self, topic: str) -> None:
        """A card went to other hands: whoever may not see it any more leaves before its next event.

        What comes meanwhile is not sent; the page reads everything again instead.
        """
        if self.user is None or topic not in self.joined:
            return
        self.checking[topic] = False
        try:
            async with self.rights:
                stays = await in_thread(_may_join, self.user.pk, topic)
                if not stays:
                    await self._leave(topic)
        except (OperationalError, InterfaceError):
            await self.shut(Close.OVERLOADED)
            return
        finally:
            has_missed = self.checking.pop(topic, False)
        if has_missed or not stays:
            await self.send_frame({"type": "resync"})

    async def on_close(self, code: int) -> None:
        pages().pop(self, None)
        if self.joined:
            await self._leave(*self.joined)


def _session_user(scope: dict[str, Any]) -> User | None:
    """The person of the session cookie, if the session is still good."""
    return user_of_session(scope["session"])


def _may_join(user_id: int, topic: str) -> bool:
    user = active_user(user_id)
    return user is not None and topics.may_join(user, topic)


def _recheck(user_id: int, epoch: int, joined: list[str]) -> tuple[User | None, list[str]]:
    user = active_user(user_id)
    if user is None or user.auth_epoch != epoch:
        return None, []
    return user, [t for t in joined if not t.startswith("access.") and not topics.may_join(user, t)]
