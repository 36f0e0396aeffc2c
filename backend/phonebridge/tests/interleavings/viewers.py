"""A page: a snapshot, then events on top of it; and whose rows it may ever hear of."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from notifications.consumers import BrowserConsumer
from phonebridge.tests.interleavings.cast import ANNA, DAN, PAGES, Cast
from phonebridge.tests.interleavings.server import Frame, Line, Server
from phonebridge.watching import live_topics

SOCKET = BrowserConsumer.as_asgi()


class Seen(NamedTuple):
    """What a page knows of a call."""

    rev: int
    status: str
    live_phase: str
    call_status: str
    is_open: bool


class Page:
    """A browser tab with the list of calls; asks for every topic that there is and gets what its person may."""

    def __init__(self, name: str, cast: Cast, server: Server, counts: Counter[str]) -> None:
        self.name, self.cast, self.server, self.counts = name, cast, server, counts
        self.user = cast.people[name]
        self.owners = {cast.people[owner].pk for owner in PAGES[name]}
        self.read = cast.readers[name]
        self.line: Line | None = None
        self.calls: dict[str, Seen] = {}
        self.missed = True

    def connect(self, *, greedy: bool) -> None:
        """Connect, watch, then fetch: events that come in between are older than the snapshot or newer."""
        if self.line is not None:
            return
        scope = {"type": "websocket", "path": "/ws/ui/", "headers": [], "session": self.cast.sessions[self.name]}
        self.line = self.server.open(SOCKET, scope, lambda frame: None)
        self.server.run()
        topics = live_topics(self.user)
        if greedy:
            topics += [topic for topic in self._everything() if topic not in topics]
        for topic in topics:
            self.line.say(type="watch", topic=topic)

    def _everything(self) -> list[str]:
        """What a curious page would ask for."""
        anna, dan = self.cast.people[ANNA], self.cast.people[DAN]
        return ["calls.all", f"calls.branch.{anna.branch_id}", f"calls.branch.{dan.branch_id}", f"user.{anna.pk}"]

    def fetch(self, *, by_rest: bool = False) -> None:
        """The list as the page reads it after (re)connecting."""
        self.calls = self._read_by_rest() if by_rest else self.snapshot()
        self.missed = False

    def _read_by_rest(self) -> dict[str, Seen]:
        answer = self.cast.modern[self.name].get("/api/v1/calls/")
        assert answer.status_code == 200, answer.content
        found = {}
        for row in answer.json()["results"]:
            assert row["user"] in self.owners, f"{self.name} reads a call of {self.cast.name_of(row['user'])}"
            found[row["id"]] = Seen(
                row["rev"], row["status"], row["live_phase"], row["call_status"] or "", row["is_open"]
            )
        return found

    def snapshot(self) -> dict[str, Seen]:
        found = {}
        for pk, user_id, rev, status, live_phase, call_status, closed_at in self.read():
            assert user_id in self.owners, f"{self.name} reads a call of {self.cast.name_of(user_id)}"
            found[str(pk)] = Seen(rev, status, live_phase, call_status or "", closed_at is None)
        return found

    def hears(self, topic: str) -> bool:
        """True when an event of this topic is meant for the page as it is connected now."""
        return self.line is not None and topic in {f"user.{self.user.pk}", *live_topics(self.user)}

    def pump(self) -> bool:
        """Let frames move; False when nothing did."""
        line = self.line
        if line is None:
            return False
        moved = line.feed()
        while line is self.line and line.down:
            self.hear(line.down.popleft())
            moved = True
        return moved

    def hear(self, message: Frame) -> None:
        if message["type"] == "websocket.close":
            self.lost()
            return
        frame = json.loads(message["text"])
        if frame["type"] == "ping" and self.line is not None:
            self.line.say(type="pong", ts=frame["ts"])
        if frame["type"] in {"call", "presence"}:
            assert frame["user"] in self.owners, f"{self.name} hears of {self.cast.name_of(frame['user'])}: {frame}"
        if frame["type"] == "call":
            self._apply(frame)

    def _apply(self, frame: Frame) -> None:
        """A lower `rev` is dropped; the same `rev` must say the same."""
        said = Seen(
            frame["rev"], frame["status"], frame["live_phase"] or "", frame["call_status"] or "", frame["open"]
        )
        known = self.calls.get(frame["id"])
        if known is None or said.rev > known.rev:
            self.calls[frame["id"]] = said
        elif said.rev < known.rev:
            self.counts["an event older than the page was dropped"] += 1
        else:
            self.counts["an event came twice"] += 1
            assert said == known, f"rev {said.rev} of {frame['id']} means {known} and {said}"

    def lost(self) -> None:
        """The connection is gone; until the next fetch nothing is promised."""
        self.line, self.missed = None, True

    def leave(self) -> None:
        if self.line is not None:
            self.line.cut(noticed=True)
            self.lost()

    def check(self) -> None:
        """Snapshot + events = fresh snapshot."""
        if not self.missed:
            fresh = self.snapshot()
            assert self.calls == fresh, f"{self.name} shows {self.calls}, the rows say {fresh}"
            self.counts["a page equals its fresh snapshot"] += bool(fresh)
