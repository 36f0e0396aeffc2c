"""Who has a thing open right now: the sockets that watch its topic, over all processes.

Each process counts its own sockets; what they add up to lies in Redis under one key a topic, where the words of a
process live for the time of VIEWERS["life"] and are renewed in one round trip. A person is one name, whatever the
number of tabs. Without Redis people see those of the same process.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import redis
from django.conf import settings
from redis.exceptions import RedisError

from common.realtime import publish_all
from common.ws import in_thread
from notifications import topics

logger = logging.getLogger(__name__)
KEY = "viewers:"
BREAK_S = 5.0


@dataclass(frozen=True, slots=True)
class Here:
    """What one process says of a topic: who is there, and who has gone since it last said so."""

    topic: str
    people: frozenset[int]
    gone: frozenset[int]


class Audience:
    """Who watches what through the sockets of one process (of one event loop). All methods run on that loop."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.tabs: dict[str, Counter[int]] = {}
        self.told: dict[str, frozenset[int]] = {}
        self.known: dict[str, frozenset[int]] = {}  # what this process has said of itself
        self.changed: set[str] = set()
        self.wake = asyncio.Event()

    def come(self, user_id: int, names: Iterable[str]) -> None:
        for name in filter(topics.shows_viewers, names):
            tabs = self.tabs.setdefault(name, Counter())
            tabs[user_id] += 1
            if tabs[user_id] == 1:
                self._touch(name)

    def go(self, user_id: int, names: Iterable[str]) -> None:
        for name in filter(topics.shows_viewers, names):
            tabs = self.tabs.get(name)
            if tabs is None:
                continue
            tabs[user_id] -= 1
            if tabs[user_id] > 0:
                continue
            del tabs[user_id]
            if not tabs:
                del self.tabs[name]
            self._touch(name)

    def _touch(self, name: str) -> None:
        self.changed.add(name)
        self.wake.set()

    def take(self, *, all_topics: bool) -> list[Here]:
        """People of this process by topic: of those that changed, or of all."""
        names = self.changed | set(self.tabs) if all_topics else self.changed
        found = []
        for name in sorted(names):
            people = frozenset(self.tabs.get(name, ()))
            found.append(Here(name, people, self.known.pop(name, frozenset()) - people))
            if people:
                self.known[name] = people
        self.changed = set()
        self.wake.clear()
        return found

    def news(self, seen: dict[str, frozenset[int]]) -> list[str]:
        """Topics of which the watchers here have not been told yet what is so now."""
        fresh = [name for name, people in seen.items() if self.told.get(name, frozenset()) != people]
        for name, people in seen.items():
            if name in self.tabs:
                self.told[name] = people
            else:
                self.told.pop(name, None)
        return fresh


_audiences: dict[asyncio.AbstractEventLoop, Audience] = {}


def audience() -> Audience:
    """Those of the running loop."""
    loop = asyncio.get_running_loop()
    found = _audiences.get(loop)
    if found is None:
        for dead in [known for known in _audiences if known.is_closed()]:
            del _audiences[dead]
        found = _audiences[loop] = Audience()
    return found


async def keep() -> None:
    """The loop of a process with pages: joins and leaves of a moment go out together, all is renewed in turn."""
    here = audience()
    renew_at = time.monotonic() + settings.VIEWERS["refresh"].total_seconds()
    while True:
        left = renew_at - time.monotonic()
        if left > 0:
            try:
                await asyncio.wait_for(here.wake.wait(), left)
            except TimeoutError:
                pass
            else:
                await asyncio.sleep(settings.VIEWERS["pause"].total_seconds())
        is_due = time.monotonic() >= renew_at
        if is_due:
            renew_at = time.monotonic() + settings.VIEWERS["refresh"].total_seconds()
        mine = here.take(all_topics=is_due)
        if mine:
            seen = await in_thread(exchange, here.process, mine)
            await in_thread(tell, {name: seen[name] for name in here.news(seen)})


def tell(seen: dict[str, frozenset[int]]) -> None:
    """One frame a topic: who looks at it. Names are read by the page, by the rights of its person."""
    frames = [
        (name, {"type": "viewers", "id": int(name.rpartition(".")[2]), "people": sorted(people)})
        for name, people in seen.items()
    ]
    if frames:
        publish_all(*frames)


# --- what the processes know together


class _Shared:
    client: redis.Redis | None = None
    silent_until = 0.0


def exchange(process: str, mine: list[Here]) -> dict[str, frozenset[int]]:
    """Say who is here, hear who is anywhere; one round trip. Without Redis what is here is all."""
    client = _client()
    alone = {here.topic: here.people for here in mine}
    if client is None:
        return alone
    now, life = time.time(), settings.VIEWERS["life"].total_seconds()
    pipe = client.pipeline(transaction=False)
    for here in mine:
        key = KEY + here.topic
        pipe.zremrangebyscore(key, "-inf", now)
        if here.gone:
            pipe.zrem(key, *(f"{user}@{process}" for user in here.gone))
        if here.people:
            pipe.zadd(key, {f"{user}@{process}": now + life for user in here.people})
            pipe.expire(key, int(life) + 1)
        pipe.zrange(key, 0, -1)
    try:
        answers = pipe.execute()
    except (RedisError, OSError) as error:
        _fail(error)
        return alone
    members = iter([answer for answer in answers if isinstance(answer, list)])
    return {here.topic: _people(next(members)) for here in mine}


def viewers_of(topic: str) -> frozenset[int]:
    """Ids of the people who look at it now, for a page; of this process alone when Redis is away."""
    client = _client()
    if client is not None:
        try:
            return _people(cast("list[bytes]", client.zrangebyscore(KEY + topic, time.time(), "+inf")))
        except (RedisError, OSError) as error:
            _fail(error)
    return frozenset(pk for known in list(_audiences.values()) for pk in dict(known.tabs.get(topic, {})))


def _people(members: Iterable[bytes]) -> frozenset[int]:
    return frozenset(int(member.partition(b"@")[0]) for member in members)


def _client() -> redis.Redis | None:
    """A kept client; silent for a moment after a failure, so that a dead Redis costs no page its time."""
    if not settings.REDIS_URL or time.monotonic() < _Shared.silent_until:
        return None
    if _Shared.client is None:
        _Shared.client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return _Shared.client


def _fail(error: Exception) -> None:
    _Shared.silent_until = time.monotonic() + BREAK_S
    logger.warning("Viewers of this process only, Redis does not answer: %s", error)
