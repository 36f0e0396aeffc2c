"""The life of a phone on the WebSocket: connect, serve, and come back as the close code asks."""

import asyncio
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidMessage

from dialer import policy
from dialer.api import Api, SignedOut, Unreachable
from dialer.desk import Desk
from dialer.device import Device
from dialer.policy import Backoff, Next
from dialer.session import SocketSession

AT_ONCE_JITTER_S = 1.0
STOP_WORDS = {
    policy.INVALID_TOKEN: "токен недействителен",
    policy.DEVICE_REVOKED: "устройство отозвано",
    policy.REPLACED: "вытеснен другим соединением с тем же номером устройства",
}


@dataclass
class Outcome:
    """Why the phone stopped by itself."""

    reason: str
    poll_instead: bool = False


class SocketPhone:
    """Runs until the server or the person ends it; a cancelled task is a switched-off phone."""

    def __init__(self, device: Device, api: Api, *, url: str, heartbeat_s: float, gate: asyncio.Semaphore) -> None:
        self.device, self.api, self.url = device, api, url
        self.heartbeat_s, self.gate = heartbeat_s, gate
        self.desk = Desk(device)
        self.backoff = Backoff(device.jitter)
        self.refreshed = False

    async def run(self) -> Outcome:
        try:
            while True:
                await self.device.network.up.wait()
                code = await self._connection()
                outcome = None if code is None else await self._after(code)
                if outcome is not None:
                    return outcome
        finally:
            self.desk.close()

    async def _connection(self) -> int | None:
        """One connection; its close code, or None when there was nothing to close and we waited already."""
        try:
            async with self.gate:
                await self.api.sign_in()
                ws = await connect(
                    self.url, compression=None, ping_interval=None, max_size=2**18, open_timeout=15,
                    close_timeout=2, proxy=None,
                )  # fmt: skip
        except Unreachable as error:
            await self._wait("unreachable", str(error), error.wait_s)
            return None
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage) as error:
            await self._wait("connect_failed", f"{type(error).__name__}: {error}")
            return None
        self.device.emit("connected")
        session = SocketSession(ws, self.device, self.desk, self.api, heartbeat_s=self.heartbeat_s)
        try:
            code = await session.run()
        finally:
            # On the way out of a cancelled task too: a socket left to the collector lives on.
            await ws.close()
        if session.greeted:
            self.refreshed = False
            self.backoff.reset()
        if session.logged_out:
            raise SignedOut("сервер завершил сеанс")
        self.device.emit("closed", code=code, reason=ws.close_reason or "")
        return code

    async def _after(self, code: int) -> Outcome | None:
        step = policy.after_close(code, refreshed=self.refreshed)
        if step is Next.STOP:
            return Outcome(STOP_WORDS.get(code, f"код {code}"))
        if step is Next.POLL:
            return Outcome("протокол устарел: обновите приложение", poll_instead=True)
        if step is Next.REFRESH:
            self.refreshed = True
            await self._renew()
        elif step is Next.AT_ONCE:
            await self._pause(self.device.jitter.uniform(0, AT_ONCE_JITTER_S))
        elif self.device.network.up.is_set():
            await self._pause(self.backoff.next_s())
        return None

    async def _renew(self) -> None:
        while True:
            try:
                await self.api.renew()
            except Unreachable as error:
                await self._wait("unreachable", str(error), error.wait_s)
            else:
                return

    async def _wait(self, event: str, reason: str, wait_s: float | None = None) -> None:
        pause_s = max(self.backoff.next_s(), wait_s or 0)
        self.device.emit(event, reason=reason, retry_in_s=round(pause_s, 3))
        await self._pause(pause_s)

    async def _pause(self, wait_s: float) -> None:
        """Wait, but not longer than until the network goes and comes back."""
        if self.device.network.up.is_set():
            await asyncio.sleep(wait_s)
        else:
            await self.device.network.up.wait()
