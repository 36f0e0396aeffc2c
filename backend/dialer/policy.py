"""Decisions without input or output: what to do after a close, how long to wait, how often to poll."""

from dataclasses import dataclass
from enum import Enum
from random import Random

INVALID_TOKEN = 4001
DEVICE_REVOKED = 4003
PROTOCOL_TOO_OLD = 4008
DRAIN = 4200
REPLACED = 4201
TOKEN_EXPIRED = 4202
LOST = 1006


class Next(Enum):
    """What a phone does after its socket was closed."""

    STOP = "stop"
    POLL = "poll"
    REFRESH = "refresh"
    AT_ONCE = "at_once"
    BACK_OFF = "back_off"


def after_close(code: int, *, refreshed: bool) -> Next:
    """The rule for a close code; `refreshed` says that a new access token was tried since the last hello."""
    if code == PROTOCOL_TOO_OLD:
        return Next.POLL
    if code == TOKEN_EXPIRED or (code == INVALID_TOKEN and not refreshed):
        return Next.REFRESH
    if code == REPLACED or 4000 <= code < 4100:
        return Next.STOP
    return Next.AT_ONCE if 4200 <= code < 4300 else Next.BACK_OFF


@dataclass
class Backoff:
    """Full jitter below a ceiling that doubles from 0.5 to 20 s."""

    rng: Random
    first_s: float = 0.5
    most_s: float = 20.0
    tries: int = 0

    def next_s(self) -> float:
        ceiling = min(self.most_s, self.first_s * 2**self.tries)
        self.tries = min(self.tries + 1, 16)
        return self.rng.uniform(0, ceiling)

    def reset(self) -> None:
        self.tries = 0


@dataclass
class Pace:
    """The legacy pace: 0.6 s after a command, 1.5 s, 5 s after ten empty answers, up to 20 s on 429."""

    after_command_s: float = 0.6
    usual_s: float = 1.5
    idle_s: float = 5.0
    most_s: float = 20.0
    empty: int = 0
    slowed_s: float = 0.0

    def after(self, status: int) -> float:
        """Seconds until the next pull; status 0 is a network error."""
        if status == 429:
            self.slowed_s = min(self.most_s, max(self.idle_s, self.slowed_s * 2))
            return self.slowed_s
        self.slowed_s = 0.0
        if status == 200:
            self.empty = 0
            return self.after_command_s
        self.empty += 1
        return self.idle_s if self.empty > 10 or status not in (200, 204) else self.usual_s


@dataclass
class Allowance:
    """Keeps a flush of old results below the server's flood limit of 200 frames in 10 s."""

    burst: float = 100.0
    per_s: float = 6.0
    left: float = 100.0
    seen_at: float = 0.0

    def take(self, now: float) -> bool:
        self.left = min(self.burst, self.left + (now - self.seen_at) * self.per_s)
        self.seen_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
