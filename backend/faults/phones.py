"""Phones for faults: one that says exactly what a test means, and the simulated phone with its journal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from devkit.serving import LIMIT_S, wait_until
from faults.cluster import BACKEND, Cluster, Person

OPEN: list[RawSocket | Dialer] = []


def end_all() -> None:
    """Whatever a test has left behind: a phone that lives on would take the next test's calls."""
    while OPEN:
        left = OPEN.pop()
        if isinstance(left, Dialer):
            left.end(signal.SIGKILL)
        else:
            left.close()


class RawSocket:
    """A WebSocket whose frames the test writes and reads itself; pings are answered unless told otherwise."""

    def __init__(self, url: str, path: str, headers: dict[str, str] | None = None, *, pongs: bool = True) -> None:
        self.pongs = pongs
        self.seen: list[dict[str, Any]] = []
        self.code: int | None = None
        address = url.replace("http", "ws", 1) + path
        self.stack = ExitStack()
        opened = connect(address, additional_headers=headers, open_timeout=30, max_size=None)
        self.socket: ClientConnection = self.stack.enter_context(opened)
        self.heard = threading.Condition()
        OPEN.append(self)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for text in self.socket:
                frame = json.loads(text)
                if frame["type"] == "ping" and self.pongs:
                    self.say("pong", ts=frame["ts"])
                with self.heard:
                    self.seen.append(frame)
                    self.heard.notify_all()
        except (ConnectionClosed, OSError, EOFError):
            pass
        with self.heard:
            self.code = self.socket.close_code or 1006
            self.heard.notify_all()

    def say(self, kind: str, **fields: Any) -> None:
        with suppress(ConnectionClosed):
            self.socket.send(json.dumps({"type": kind, **fields}))

    def next(self, kind: str, limit_s: float = LIMIT_S, **fields: Any) -> dict[str, Any]:
        """The first frame of this type (and these fields) that was not taken yet."""
        return self.next_of(kind, limit_s=limit_s, **fields)

    def next_of(self, *kinds: str, limit_s: float = LIMIT_S, **fields: Any) -> dict[str, Any]:
        """The first frame of one of these types (with these fields) that was not taken yet."""
        until = time.monotonic() + limit_s
        with self.heard:
            while True:
                for frame in self.seen:
                    if frame["type"] in kinds and fields.items() <= frame.items():
                        self.seen.remove(frame)
                        return frame
                left = until - time.monotonic()
                if self.code is not None or left <= 0:
                    raise AssertionError(f"no {kinds} {fields}: closed {self.code}, seen {self.seen}")
                self.heard.wait(left)

    def closed(self, limit_s: float = LIMIT_S) -> int:
        return wait_until(lambda: self.code, "the socket is closed", limit_s) or 0

    def close(self) -> None:
        self.stack.close()


class RawPhone(RawSocket):
    """A phone up to `synced`."""

    def __init__(
        self, url: str, person: Person, device: str = "d1", *, instance: str = "i1", token: str = "", **options: Any
    ) -> None:
        super().__init__(url, "/ws/phone/", **options)
        self.person, self.device = person, device
        self.say("auth", token=token or person.access, device_id=device, instance=instance, device_name=device)

    def settled(self) -> RawPhone:
        self.next("synced")
        return self

    def report(self, call_id: str, report_id: str = "", **fields: Any) -> str:
        """Send a result; its `report_id`."""
        report_id = report_id or uuid.uuid4().hex
        self.say("report", report_id=report_id, call_request_id=call_id, **{"call_status": "connected", **fields})
        return report_id


class Page(RawSocket):
    """The socket of an open page."""

    def __init__(self, url: str, person: Person, *topics: str) -> None:
        super().__init__(url, "/ws/ui/", {"Cookie": f"sessionid={person.session}"})
        self.next("hello")
        for topic in topics:
            self.say("watch", topic=topic)
            self.next("watching", topic=topic)


class Dialer:
    """The simulated phone in a process of its own, with a journal that survives it."""

    def __init__(self, cluster: Cluster, person: Person, folder: Path, *arguments: str, url: str = "") -> None:
        self.tokens, self.journal = folder / f"{person.username}.tokens", folder / f"{person.username}.journal"
        self.tokens.write_text(json.dumps({"access": person.access, "refresh": person.refresh}) + "\n")
        self.command = [
            *(sys.executable, "-m", "dialer", "--url", url or cluster.nodes[0].url, "--username", person.username),
            *("--tokens", str(self.tokens), "--journal", str(self.journal), "--events", *arguments),
        ]
        self.events: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Dialer:
        OPEN.append(self)
        self.process = subprocess.Popen(
            self.command, cwd=BACKEND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        return self

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            if line.startswith("{"):
                self.events.append(json.loads(line))

    def all(self, name: str) -> list[dict[str, Any]]:
        return [event for event in list(self.events) if event["event"] == name]

    def wait(self, name: str, count: int = 1, limit_s: float = LIMIT_S) -> dict[str, Any]:
        wait_until(lambda: len(self.all(name)) >= count, f"{count} {name} in {self.events[-5:]}", limit_s)
        return self.all(name)[count - 1]

    def dials(self) -> Counter[str]:
        """How often each call was dialled."""
        return Counter(str(event["call_id"]) for event in self.all("dialing"))

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait(30)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run these at once; their results in order."""
    found: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Any]) -> None:
        start.wait()
        found[number] = work()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
