"""Who takes part in a soak: fleets of simulated phones, open pages, and people who click."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from devkit.serving import wait_until
from faults.cluster import BACKEND, Cluster, Node, Person

# Short calls, so that many of them meet the faults; and troubles of their own, a few in each minute of a fleet.
SCRIPT = {
    "defaults": {
        "outcome": {"connected": 5, "no_answer": 3, "busy": 1, "rejected": 1},
        "ring_s": [0.2, 1.5],
        "talk_s": [0.5, 4],
        "claim_delay_s": [0, 0.2],
    },
    "events": [
        {"every_s": [120, 600], "do": "cut", "for_s": [0.5, 5]},
        {"every_s": [300, 1200], "do": "crash", "for_s": [1, 4]},
    ],
}


class Dialers:
    """A process of simulated phones; what they did is read from their events."""

    def __init__(
        self, name: str, people: list[Person], folder: Path, url: str, *, ws_url: str = "", seed: int = 1
    ) -> None:
        self.name, self.people = name, people
        tokens, script, journals = folder / f"{name}.tokens", folder / f"{name}.json", folder / f"{name}-{{i}}.journal"
        pairs = [json.dumps({"access": p.access, "refresh": p.refresh}) for p in people]
        tokens.write_text("\n".join(pairs) + "\n")
        script.write_text(json.dumps(SCRIPT))
        self.command = [
            *(
                sys.executable,
                "-m",
                "dialer",
                "--url",
                url,
                "--username",
                f"{name}-{{i}}",
                "--count",
                str(len(people)),
            ),
            *(
                "--tokens",
                str(tokens),
                "--script",
                str(script),
                "--journal",
                str(journals),
                "--seed",
                f"{name}-{seed}",
            ),
            *(("--transport", "ws", "--ws-url", ws_url) if ws_url else ("--transport", "poll")),
            *("--events", "--quiet", "--heartbeat", "60"),
        ]
        self.counts: Counter[str] = Counter()
        self._dials: list[str] = []
        self._results: list[tuple[str, str]] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=BACKEND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            kind = event["event"]
            self.counts[kind] += 1
            if kind == "dialing":
                self._dials.append(event["call_id"])
            elif kind == "result" and event.get("call_request_id"):
                self._results.append((event["call_request_id"], event["call_status"]))

    def wait(self, event: str, count: int) -> None:
        wait_until(lambda: self.counts[event] >= count, f"{count} {event} of {self.name}", 180)

    def dials(self) -> list[str]:
        """Call ids in the order of dialling, with repetitions."""
        return list(self._dials)

    def results(self) -> list[tuple[str, str]]:
        """(call id, outcome) of every result that a phone has had to tell."""
        return list(self._results)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.process is not None and self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Pages:
    """Open pages of a head: sockets that watch every call of the branch and come back when they are thrown out."""

    def __init__(self, cluster: Cluster, count: int) -> None:
        self.cluster, self.count = cluster, count
        self.revs: list[dict[str, int]] = [{} for _ in range(count)]
        self.opened: set[int] = set()
        self.counted_from = 0.0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._all(),), daemon=True)
        self.ended = asyncio.Event()

    def start(self) -> None:
        self.thread.start()
        wait_until(lambda: self.open_now() == self.count, "every page is open")

    async def _all(self) -> None:
        tasks = [asyncio.ensure_future(self._page(number)) for number in range(self.count)]
        await self.ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _page(self, number: int) -> None:
        head, node = self.cluster.head, self.cluster.nodes[number % 2]
        url = node.url.replace("http", "ws", 1) + "/ws/ui/"
        headers = {"Cookie": f"sessionid={head.session}"}
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                async with connect(url, additional_headers=headers, open_timeout=20, max_size=None) as socket:
                    await socket.send(json.dumps({"type": "watch", "topic": f"calls.branch.{head.branch}"}))
                    async for text in socket:
                        await self._heard(number, json.loads(text), socket)
            self.opened.discard(number)
            await asyncio.sleep(random.uniform(0.2, 2))  # noqa: S311 (jitter)

    async def _heard(self, number: int, frame: dict[str, Any], socket: Any) -> None:
        if frame["type"] == "ping":
            await socket.send(json.dumps({"type": "pong", "ts": frame["ts"]}))
        elif frame["type"] == "watching":
            self.opened.add(number)
        elif frame["type"] == "call":
            revs = self.revs[number]
            revs[frame["id"]] = max(frame["rev"], revs.get(frame["id"], 0))

    def open_now(self) -> int:
        return len(self.opened)

    def count_from_now(self) -> None:
        """Calls made from now on must be heard by every page to their end."""
        self.counted_from = time.time()

    def behind(self, ends: dict[str, int]) -> int:
        """How many times a page has not heard the last `rev` of a call."""
        return sum(revs.get(call_id, 0) < rev for revs in self.revs for call_id, rev in ends.items())

    def end(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.ended.set)
            self.thread.join(10)


class Clicks:
    """People who click at a steady rate, each on a number of their own; every answer is kept."""

    def __init__(self, cluster: Cluster, web: Node, rate: float, seed: int) -> None:
        self.people, self.url, self.rate = cluster.people, f"{web.url}/api/v1/calls/", rate
        self.random = random.Random(seed)  # noqa: S311 (reproducible)
        self.statuses: Counter[int] = Counter()
        self.calls: set[str] = set()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._click, daemon=True) for _ in range(2)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def _click(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self.ended.wait(self.random.expovariate(self.rate / len(self.threads))):
                person = self.random.choice(self.people)
                number = f"+7343000{self.random.randrange(10_000):04}"
                try:
                    headers = {"Authorization": f"Bearer {person.access}"}
                    answer = client.post(self.url, json={"phone": number}, headers=headers)
                except httpx.TransportError:
                    self.statuses[0] += 1
                    continue
                self.statuses[answer.status_code] += 1
                if answer.status_code in {200, 201}:
                    self.calls.add(answer.json()["id"])

    def end(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(40)
