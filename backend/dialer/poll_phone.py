"""A phone that polls: the legacy dialer as it is in the field, or a new client without its socket."""

import asyncio
import time
from typing import Any

import httpx

from dialer.api import Api, Network, Unreachable
from dialer.device import Device
from dialer.phone import Command, carry_out
from dialer.phone_frames import Reject, State
from dialer.policy import Backoff, Pace
from dialer.rest_link import LegacyLink, ModernLink
from dialer.script import Plan
from dialer.timers import Timers


class PollPhone:
    """Pulls commands, tells results; heartbeat and telemetry every minute."""

    def __init__(
        self, device: Device, api: Api, *, heartbeat_s: float, gate: asyncio.Semaphore, extended: bool = False
    ) -> None:
        self.device, self.api, self.heartbeat_s, self.gate = device, api, heartbeat_s, gate
        self.network: Network = device.network
        self.pace = Pace()
        self.backoff = Backoff(device.jitter)
        self.link = ModernLink(device, api) if api.modern else LegacyLink(device, api, extended=extended)
        self.latencies: list[dict[str, object]] = []
        self.timers = Timers()

    async def run(self) -> None:
        """Until cancelled. Raises SignedOut when only a person could go on."""
        await self._sign_in()
        self.device.link = self.link
        self.timers.job(self._heartbeat_for_ever())
        self.timers.job(self.link.flush_for_ever())
        self.timers.job(self.link.send_for_ever())
        try:
            while True:
                await self.network.up.wait()
                await self.device.awake.wait()
                await asyncio.sleep(await self._turn())
        finally:
            self.timers.close()
            self.device.link = None
            self.device.outbox.disconnected()

    async def _sign_in(self) -> None:
        while not self.api.access:
            await self.network.up.wait()
            try:
                async with self.gate:
                    await self.api.sign_in()
            except Unreachable as error:
                self.device.emit("unreachable", reason=str(error))
                await asyncio.sleep(max(self.backoff.next_s(), error.wait_s or 0))

    async def _turn(self) -> float:
        """One pull; seconds until the next."""
        if self.api.modern and self.device.busy_with is not None:
            # A pull is a grant: a phone in a call must not take another one.
            return 0.2
        params = {"device_id": self.device.device_id}
        if self.api.modern:
            params |= {"dedupe": "1", "instance": self.device.journal.instance}
        asked_at = time.monotonic()
        try:
            answer = await self.api.send("GET", "/api/phone/calls/pull/", params=params)
        except Unreachable as error:
            return self._polled(error.status, asked_at)
        wait_s = self._polled(answer.status_code, asked_at)
        if answer.status_code == 200:
            self._command(answer, asked_at)
        return wait_s

    def _polled(self, status: int, asked_at: float) -> float:
        took_s = time.monotonic() - asked_at
        self.device.sample("pull", took_s)
        self.device.events.figures.counts[f"pull_{status}"] += 1
        self.device.last_poll = (status, self.device.now_iso())
        if len(self.latencies) < 100:
            self.latencies.append(
                {"type": "latency", "endpoint": "/api/phone/calls/pull/", "http_code": status,
                 "value_ms": round(took_s * 1000)}
            )  # fmt: skip
        if status not in (200, 204):
            self.device.emit("pull_failed", code=status)
        return self.pace.after(status)

    def _command(self, answer: httpx.Response, asked_at: float) -> None:
        body: dict[str, Any] = answer.json()
        call_id, phone = str(body.get("id") or ""), str(body.get("phone") or "")
        if not call_id or not phone:
            return
        self.device.emit("offer", call_id=call_id, phone=phone)
        if self.api.modern and call_id in self.device.journal.dialled:
            return  # an answer that was repeated for a lost one
        plan = self.device.next_plan()
        command = Command(call_id, phone, body.get("lease"), legacy=not self.api.modern)
        if "dial_within_ms" in body and self.api.modern:
            command.dial_before = asked_at + body["dial_within_ms"] / 1000
        self.device.emit("go", call_id=call_id, lease=command.lease)
        if self.device.suffer(plan.fault, "after_claim") or self._refuses(plan, call_id):
            return
        self.device.busy_with = call_id
        if self.api.modern:
            self.link.command = command
            state = State(type="state", call_id=call_id, phase="received", at=self.device.now_iso())
            self.device.send(state if command.lease is None else {**state, "lease": command.lease})
        self.device.start(carry_out(self.device, command, plan))

    def _refuses(self, plan: Plan, call_id: str) -> bool:
        """A legacy dialer has no word for it: the command just ends there."""
        if plan.reject is None:
            return False
        self.device.emit("reject", call_id=call_id, reason=plan.reject)
        self.device.send(Reject(type="reject", call_id=call_id, reason=plan.reject))
        return True

    async def _heartbeat_for_ever(self) -> None:
        await asyncio.sleep(self.device.jitter.uniform(0, min(5.0, self.heartbeat_s)))
        while True:
            items, self.latencies = self.latencies, []
            await self.link.post("heartbeat", "/api/phone/devices/heartbeat/", dict(self.device.heartbeat()))
            batch = {"device_id": self.device.device_id, "items": items}
            await self.link.post("telemetry", "/api/phone/telemetry/", batch)
            await asyncio.sleep(self.heartbeat_s)
