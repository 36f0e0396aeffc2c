"""Everything the command line decides."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dialer.script import Script

Transport = Literal["ws", "poll", "poll-new"]


@dataclass(frozen=True)
class Options:
    url: str
    username: str
    password: str
    ws_url: str = ""
    transport: Transport = "ws"
    count: int = 1
    start: int = 1
    seed: str = ""
    script: Script = field(default_factory=Script)
    device_id: str = ""
    tokens: Path | None = None
    journal: str = ""
    ramp_per_s: float = 100.0
    heartbeat_s: float = 60.0
    duration_s: float | None = None
    once: bool = False
    relogin: bool = False
    legacy_extended: bool = False
    events: bool = False
    json: bool = False
    quiet: bool = False

    def username_of(self, index: int) -> str:
        """`{i}` is the number; of several names, each phone takes the next."""
        names = self.username.split(",")
        return names[(index - self.start) % len(names)].replace("{i}", str(index))

    @property
    def socket_url(self) -> str:
        """`/ws/phone/` of the same server, unless the sockets live elsewhere."""
        base = self.ws_url or self.url
        return base.replace("http", "ws", 1).rstrip("/") + "/ws/phone/"
