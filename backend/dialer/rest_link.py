"""The way back of a polling phone: states, refusals and results over REST."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from dialer.api import Api, SignedOut, Unreachable
from dialer.device import Device
from dialer.phone import Command
from dialer.phone_frames import CallResult, PhoneFrame

UPDATE = "/api/phone/calls/update/"
LEGACY_FIELDS = ("call_request_id", "call_status", "call_started_at", "call_duration_seconds")
FLUSH_S = 30.0
MOST_QUEUED = 1000


@dataclass
class Queued:
    """A message that can wait, kept by a legacy dialer over a network error."""

    kind: str
    path: str
    body: dict[str, Any]


class RestLink:
    """What both kinds share: an ordered queue of small requests and a loop that flushes results."""

    def __init__(self, device: Device, api: Api) -> None:
        self.device, self.api = device, api
        self.command: Command | None = None
        self._wake = asyncio.Event()
        self._out: asyncio.Queue[PhoneFrame | Callable[[], object]] = asyncio.Queue()

    def send(self, frame: PhoneFrame) -> None:
        self._out.put_nowait(frame)

    def after_sending(self, then: Callable[[], object]) -> None:
        self._out.put_nowait(then)

    def results_waiting(self) -> None:
        self._wake.set()

    def abort(self) -> None:
        """Requests fail by themselves while the network is down."""

    async def send_for_ever(self) -> None:
        while True:
            item = await self._out.get()
            if callable(item):
                item()
                continue
            try:
                await self.deliver(dict(item))
            except (Unreachable, SignedOut) as error:
                self.device.emit("send_failed", frame=item["type"], reason=str(error))

    async def deliver(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    async def post(self, kind: str, path: str, body: dict[str, Any]) -> None:
        """A heartbeat or telemetry: worth an attempt."""
        try:
            await self.api.send("POST", path, body)
        except (Unreachable, SignedOut) as error:
            self.device.emit("send_failed", frame=kind, reason=str(error))

    async def flush_for_ever(self) -> None:
        full = True
        while True:
            await self.device.network.up.wait()
            try:
                wait_s = await self.flush(full=full)
            except SignedOut:
                return  # the pull meets the same answer and ends the phone
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
                full = False
            except TimeoutError:
                full = True
            self._wake.clear()

    async def flush(self, *, full: bool) -> float:
        raise NotImplementedError

    async def update(self, body: dict[str, Any]) -> httpx.Response:
        self.device.emit("report", **{key: body[key] for key in ("report_id", "call_request_id") if key in body})
        return await self.api.send("POST", UPDATE, body)


class ModernLink(RestLink):
    """A new client on polling: phases, refusals, and results that stay until the server has them."""

    async def deliver(self, frame: dict[str, Any]) -> None:
        kind = frame.pop("type")
        if kind not in ("state", "reject"):
            return
        frame["call_request_id"] = frame.pop("call_id")
        answer = await self.api.send("POST", f"/api/phone/calls/{kind}/", frame)
        command = self.command
        if answer.status_code != 200:
            self.device.emit("refused", path=kind, code=answer.status_code)
        elif kind == "state" and answer.json().get("revoked") and command is not None:
            self.device.emit("revoke", call_id=command.call_id, dialled=command.dialled)
            command.stopped = command.stopped or command.call_id == frame["call_request_id"]

    async def flush(self, *, full: bool) -> float:
        outbox = self.device.outbox
        for report_id in outbox.due(time.monotonic()):
            body = {
                "report_id": report_id,
                "sent_at": self.device.now_iso(),
                **self.device.journal.results[report_id],
            }
            try:
                answer = await self.update(body)
            except Unreachable as error:
                self.device.emit("report_failed", report_id=report_id, code=error.status)
                continue
            if answer.status_code == 200:
                self.device.result_done(report_id, code=200)
            else:
                self.device.emit("report_failed", report_id=report_id, code=answer.status_code)
        return min(FLUSH_S, outbox.wait_s(time.monotonic()) or FLUSH_S)


class LegacyLink(RestLink):
    """The dialer in the field: queues on 5xx and network errors, loses a result on any other answer."""

    def __init__(self, device: Device, api: Api, *, extended: bool) -> None:
        super().__init__(device, api)
        self.extended = extended
        self.queued: set[str] = set()
        self.rest: deque[Queued] = deque(maxlen=MOST_QUEUED)

    async def deliver(self, frame: dict[str, Any]) -> None:
        """It knows neither phases nor refusals."""

    async def post(self, kind: str, path: str, body: dict[str, Any]) -> None:
        body = {key: value for key, value in body.items() if key not in ("battery", "network", "permissions", "sims")}
        try:
            await self.api.send("POST", path, body)
        except Unreachable:
            self.rest.append(Queued(kind, path, body))
        except SignedOut as error:
            self.device.emit("send_failed", frame=kind, reason=str(error))

    async def flush(self, *, full: bool) -> float:
        for report_id, body in list(self.device.journal.results.items()):
            if not full and report_id in self.queued:
                continue
            try:
                answer = await self.update(self._body(body))
            except Unreachable as error:
                self.queued.add(report_id)
                self.device.emit("queued", report_id=report_id, code=error.status)
                continue
            self._answered(report_id, answer.status_code)
        while full and self.rest:
            item = self.rest.popleft()
            try:
                await self.api.send("POST", item.path, item.body)
            except Unreachable:
                self.rest.appendleft(item)
                break
        return FLUSH_S

    def _body(self, body: CallResult) -> dict[str, Any]:
        return {key: value for key, value in body.items() if self.extended or key in LEGACY_FIELDS}

    def _answered(self, report_id: str, status: int) -> None:
        self.queued.discard(report_id)
        if status < 400:
            self.device.result_done(report_id, code=status)
        else:
            self.device.journal.acked(report_id)
            self.device.emit("dropped", report_id=report_id, code=status)
