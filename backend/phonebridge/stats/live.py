"""Open statistics of one process: results that come are counted once for all pages, at most twice a second.

A service pokes `counted` with whose call changed; whoever watches `stats.…` here then gets the new figures of today in
the frame itself. A frame without figures only says which days have changed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from datetime import date
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from common.clock import local_day
from common.realtime import Event, hub
from common.ws import in_thread
from phonebridge import topics
from phonebridge.stats.cells import counted_cells, known_zones
from phonebridge.stats.figures import Cell, Figures
from phonebridge.stats.wire import counts_dict

logger = logging.getLogger(__name__)
PAUSE_S = 0.5
CROWD = 20
OFTEN_S, SELDOM_S = 2, 10
BRANCH = "stats.branch."


class Desk:
    """What has changed since the last tick, by topic: people and days."""

    def __init__(self) -> None:
        self.people: dict[str, set[int]] = defaultdict(set)
        self.days: dict[str, set[str]] = defaultdict(set)
        self.woken = asyncio.Event()

    def deliver(self, event: Event) -> None:
        """A poke of the hub; runs on the loop."""
        said = event.data
        for topic in topics.stats_scopes(said["user"], said["branch"]):
            if topic in hub().listeners:
                self.people[topic].add(said["user"])
                self.days[topic].add(said["on"])
                self.woken.set()

    async def keep(self) -> None:
        """The first poke is answered at once, those within the pause together."""
        await hub().subscribe(self, topics.COUNTED)
        while True:
            await self.woken.wait()
            await self.tick()
            await asyncio.sleep(PAUSE_S)

    async def tick(self) -> None:
        """Send the new figures to every page of this process that watches them."""
        people, days = self.people, self.days
        self.people, self.days = defaultdict(set), defaultdict(set)
        self.woken.clear()
        watched = {topic: len(hub().listeners.get(topic, ())) for topic in people}
        try:
            frames = await in_thread(make_frames, people, days, watched)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Open statistics wait for the database: %s", error)
            return
        for topic, text in frames:
            hub().deliver(topic, text)


def make_frames(
    people: dict[str, set[int]], days: dict[str, set[str]], watched: dict[str, int]
) -> list[tuple[str, str]]:
    """(topic, JSON text) for every topic that is watched here; one query for all of them."""
    now = timezone.now()
    todays = sorted({local_day(now, zone) for zone in known_zones()})
    changed = sorted({on for said in days.values() for on in said} & {on.isoformat() for on in todays})
    cells = _cells([date.fromisoformat(on) for on in changed], people) if changed else {}
    frames = []
    for topic, count in watched.items():
        if not count:
            continue
        base = {
            "type": "stats",
            "scope": topic,
            "at": now.isoformat(),
            "days": sorted(days[topic]),
            "every_s": OFTEN_S if count <= CROWD else SELDOM_S,
        }
        mine = [on for on in changed if on in days[topic]]
        frames += [(topic, _text(base | _figures(cells[on], topic, people[topic]) | {"on": on})) for on in mine]
        if not mine:
            frames.append((topic, _text(base)))
    return frames


type Found = list[tuple[int | None, Cell]]


def _cells(days: list[date], people: dict[str, set[int]]) -> dict[str, Found]:
    """Cells with their branch by day; only the people concerned when nobody watches more than own figures."""
    only = None
    if all(topic.startswith("stats.user.") for topic in people):
        only = {user_id for changed in people.values() for user_id in changed}
    found: dict[str, Found] = {on.isoformat(): [] for on in days}
    for on, branch_id, cell in counted_cells(days, only):
        found[on.isoformat()].append((branch_id, cell))
    return found


def _figures(found: Found, topic: str, people: set[int]) -> dict[str, Any]:
    cells = [cell for branch_id, cell in found if _is_within(topic, branch_id, cell.user_id)]
    rows: dict[int, list[Cell]] = {user_id: [] for user_id in sorted(people)}
    for cell in cells:
        if cell.user_id in rows:
            rows[cell.user_id].append(cell)
    return {
        "total": counts_dict(Figures().add(cells)),
        "rows": [{"user_id": user_id, **counts_dict(Figures().add(own))} for user_id, own in rows.items()],
    }


def _is_within(topic: str, branch_id: int | None, user_id: int) -> bool:
    if topic.startswith(BRANCH):
        return topic == f"{BRANCH}{branch_id}"
    return topic == "stats.all" or topic == f"stats.user.{user_id}"


def _text(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


async def keep() -> None:
    """The loop of a process with sockets."""
    await Desk().keep()
