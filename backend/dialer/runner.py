"""One phone from power-on to its end, over crashes, with the events of its script."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random

from dialer.api import Api, SignedOut, Unreachable
from dialer.device import Device
from dialer.options import Options
from dialer.phone import own_call, report_interrupted
from dialer.phone_frames import Lookup
from dialer.poll_phone import PollPhone
from dialer.script import EventSpec, draw
from dialer.socket_phone import SocketPhone
from dialer.timers import Timers

RELOGIN_S = 10.0


@dataclass
class Runner:
    """Restarts the phone after a crash; ends when the server or the script ends the phone."""

    device: Device
    api: Api
    options: Options
    gate: asyncio.Semaphore
    stopped: str = ""
    timers: Timers = field(default_factory=Timers)

    async def run(self) -> None:
        for number, spec in enumerate(self.options.script.events):
            self.timers.job(self._timeline(spec, Random(f"{self.device.seed}:event:{number}")))
        try:
            while not self.stopped:
                await self._power_on()
        finally:
            self.timers.close()
        self.device.emit("stopped", reason=self.stopped)

    async def _power_on(self) -> None:
        """Until the phone stops for good (then `stopped` says why) or crashes and is started again."""
        report_interrupted(self.device)
        life = asyncio.ensure_future(self._live())
        crash = asyncio.ensure_future(self.device.crashed.wait())
        try:
            await asyncio.wait({life, crash}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            crash.cancel()
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self.stopped = await life
            down_s = self.device.down_s
            await self.device.power_off()
        if self.stopped:
            return
        if down_s is None:
            self.stopped = "не включится"
            return
        await asyncio.sleep(down_s)
        self.device.emit("restart")

    async def _live(self) -> str:
        try:
            await self._register()
            return await self._transport()
        except SignedOut as error:
            self.api.forget()
            self.device.emit("signed_out", reason=str(error))
            if not self.options.relogin:
                return f"нужен вход: {error}"
        await asyncio.sleep(RELOGIN_S)
        return ""

    async def _register(self) -> None:
        if self.options.tokens is not None:
            return
        try:
            async with self.gate:
                await self.api.sign_in()
                self.device.emit("registered", code=await self.api.register(self.device.name))
        except Unreachable as error:
            # The heartbeat or the socket will make the device known.
            self.device.emit("unreachable", reason=str(error))

    async def _transport(self) -> str:
        options = self.options
        if options.transport == "ws":
            phone = SocketPhone(
                self.device, self.api, url=options.socket_url, heartbeat_s=options.heartbeat_s, gate=self.gate
            )
            outcome = await phone.run()
            if not outcome.poll_instead:
                return outcome.reason
            self.device.emit("outdated", reason=outcome.reason)
        await PollPhone(
            self.device,
            self.api,
            heartbeat_s=options.heartbeat_s,
            gate=self.gate,
            extended=options.legacy_extended,
        ).run()
        return "опрос закончен"

    async def _timeline(self, spec: EventSpec, rng: Random) -> None:
        every = spec.get("every_s")
        await asyncio.sleep(draw(spec.get("at_s", every or 0), rng))
        while True:
            self._do(spec, rng)
            if every is None:
                return
            await asyncio.sleep(draw(every, rng))

    def _do(self, spec: EventSpec, rng: Random) -> None:
        if spec["do"] in ("crash", "cut", "freeze"):
            for_s = spec.get("for_s", 3)
            self.device.trouble(spec["do"], None if for_s is None else draw(for_s, rng))
            return
        for _ in range(spec.get("count", 1)):
            phone = spec.get("phone", "+7000" + "".join(rng.choices("0123456789", k=7)))
            talk_s = draw(spec.get("talk_s", [5, 60]), rng) if spec["do"] == "incoming" else 0.0
            late_s = draw(spec.get("late_s", 0), rng)
            # it rings now; an old one, or one of a batch, is the history of a phone that was offline
            if phone and not late_s and spec.get("count", 1) == 1:
                self.device.emit("ringing", phone=phone)
                self.device.send(Lookup(type="lookup", query_id=f"{rng.getrandbits(64):016x}", phone=phone))
            if "ring_s" in spec:
                self.timers.job(self._ring(spec, phone, draw(spec["ring_s"], rng), talk_s, late_s))
            else:
                self.device.store_result(own_call(phone, spec["do"], talk_s, self.device.wall() - late_s))

    async def _ring(self, spec: EventSpec, phone: str, ring_s: float, talk_s: float, late_s: float) -> None:
        """As it is with a real phone: the result is told when the call has ended."""
        await asyncio.sleep(ring_s + talk_s)
        self.device.store_result(own_call(phone, spec["do"], talk_s, self.device.wall() - late_s))
