"""A fresh access token before the old one ends, without losing the connection."""

from dataclasses import dataclass

from dialer.api import Api, SignedOut, Unreachable
from dialer.device import Device
from dialer.phone_frames import Refresh
from dialer.server_frames import Refreshed, TokenExpiring
from dialer.timers import Timers

BEFORE_S = 60.0


@dataclass
class TokenKeeper:
    """Renews by REST, then tells the socket."""

    timers: Timers
    device: Device
    api: Api

    def plan(self, expires_in_s: float) -> None:
        """A minute or a fifth of the life before the end, at a random moment of that time."""
        early_s = min(BEFORE_S, expires_in_s / 5)
        wait_s = max(0.0, expires_in_s - early_s - self.device.jitter.uniform(0, early_s))
        self.timers.later("refresh", wait_s, self._start)

    def expiring(self, _frame: TokenExpiring) -> None:
        self._start()

    def refreshed(self, frame: Refreshed) -> None:
        self.device.emit("refreshed", expires_in_s=frame["token_expires_in_s"])
        self.plan(frame["token_expires_in_s"])

    def _start(self) -> None:
        self.timers.job(self._renew())

    async def _renew(self) -> None:
        try:
            await self.api.renew()
        except (SignedOut, Unreachable) as error:
            # The socket goes on until the server ends it; then the close code decides.
            self.device.emit("refresh_failed", reason=str(error))
            return
        self.device.send(Refresh(type="refresh", token=self.api.access))
