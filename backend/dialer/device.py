"""The phone itself: identity, what it knows and keeps, and the troubles that a script brings upon it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from dialer.api import Network
from dialer.events import Events
from dialer.outbox import Outbox
from dialer.phone_frames import CallResult, HeartbeatBody, PhoneFrame, State
from dialer.protocol import iso
from dialer.script import Fault, Plan, Script
from dialer.store import Journal

APP_VERSION = "2.0.0-sim"
SENT_WITHIN_S = 1.0


class Link(Protocol):
    """Where frames go while the phone is connected."""

    def send(self, frame: PhoneFrame) -> None: ...

    def results_waiting(self) -> None: ...

    def after_sending(self, then: Callable[[], object]) -> None: ...

    def abort(self) -> None: ...


def device_id_for(username: str, index: int) -> str:
    """Stable for a user and an index, so that a second run is the same phone."""
    return f"sim-{uuid5(NAMESPACE_URL, f'{username}:{index}').hex[:16]}"


@dataclass
class Device:
    """State that survives a reconnect; `restart` drops what a real phone would lose with its memory."""

    index: int
    username: str
    device_id: str
    name: str
    seed: str
    script: Script
    journal: Journal
    events: Events
    network: Network = field(default_factory=Network)
    on_result: Callable[[], None] = lambda: None
    link: Link | None = None
    busy_with: str | None = None
    last_state: State | None = None
    crashed: asyncio.Event = field(default_factory=asyncio.Event)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    down_s: float | None = 0.0
    calls: int = 0
    last_poll: tuple[int, str] | None = None

    def __post_init__(self) -> None:
        self.awake.set()
        self.outbox = Outbox(self.journal)
        self.jitter = Random(f"{self.seed}:jitter")
        self._tasks: set[asyncio.Task[None]] = set()

    def emit(self, event: str, **facts: object) -> None:
        self.events.emit(self.index, self.username, event, **facts)

    def sample(self, name: str, seconds: float) -> None:
        self.events.figures.sample(name, seconds * 1000)

    def wall(self) -> float:
        """The phone's own clock, which a script may set wrong."""
        return time.time() + self.script.clock_skew_s

    def now_iso(self) -> str:
        return iso(self.wall())

    def next_plan(self) -> Plan:
        plan = self.script.plan(self.calls, self.seed)
        self.calls += 1
        return plan

    def send(self, frame: PhoneFrame) -> None:
        """To the server if there is a connection; otherwise the frame is lost, as it would be."""
        if self.link is not None:
            self.link.send(frame)

    def after_sending(self, then: Callable[[], object]) -> None:
        """Run `then` when what was sent so far is on the wire."""
        if self.link is None:
            then()
        else:
            self.link.after_sending(then)

    def store_result(self, body: CallResult) -> str:
        report_id = self.outbox.add(body)
        self.emit("result", report_id=report_id, **body)
        if self.link is not None:
            self.link.results_waiting()
        return report_id

    def result_done(self, report_id: str, **facts: object) -> None:
        """The server has it."""
        known = report_id in self.journal.results
        took_s = self.outbox.acked(report_id, time.monotonic())
        if took_s is not None:
            self.sample("report_ack", took_s)
        self.emit("ack", report_id=report_id, **facts)
        if known:
            self.on_result()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a call beside the connection; it ends with the phone's power."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            task.get_loop().call_exception_handler({"message": "call failed", "exception": error, "task": task})

    def suffer(self, fault: Fault | None, at: str) -> bool:
        """Bring the scripted trouble of this point; True when the phone lost its power."""
        if fault is None or fault.at != at:
            return False
        self.trouble(fault.do, fault.for_s)
        return fault.do == "crash"

    async def struck(self, fault: Fault | None, at: str) -> bool:
        """As `suffer`, when what was said before is on the wire."""
        if fault is None or fault.at != at:
            return False
        sent = asyncio.Event()
        self.after_sending(sent.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SENT_WITHIN_S):
                await sent.wait()
        return self.suffer(fault, at)

    def trouble(self, kind: str, for_s: float | None) -> None:
        self.emit(kind, for_s=for_s)
        if kind == "crash":
            self.down_s = for_s
            self.crashed.set()
        elif kind == "cut":
            self._off_for(self.network.up, for_s)
        elif kind == "freeze":
            self._off_for(self.awake, for_s)
        if kind != "freeze" and self.link is not None:
            self.link.abort()

    def _off_for(self, gate: asyncio.Event, for_s: float | None) -> None:
        gate.clear()
        if for_s is not None:
            asyncio.get_running_loop().call_later(for_s, gate.set)

    def free(self, call_id: str) -> None:
        """The phone can take another call."""
        if self.busy_with == call_id:
            self.busy_with = self.last_state = None

    async def power_off(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.link = None
        self.busy_with = self.last_state = None
        self.outbox.disconnected()
        self.awake.set()
        self.crashed.clear()

    def heartbeat(self) -> HeartbeatBody:
        stuck = len(self.journal.results)
        body = HeartbeatBody(
            device_id=self.device_id, device_name=self.name, app_version=APP_VERSION, encryption_enabled=True,
            queue_stuck=stuck > 50, stuck_count=stuck, oldest_stuck_age_sec=0,
            stuck_by_type={"call_update": stuck},
            battery=80, network="wifi", permissions={"call_phone": True, "read_call_log": True},
            sims=[{"slot": 0, "operator": "Симулятор"}],
        )  # fmt: skip
        if self.last_poll is not None:
            body["last_poll_code"], body["last_poll_at"] = self.last_poll
        return body
