"""What every phone has, and the old dialer that dials whatever it is served."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from phonebridge.tests.interleavings.cast import Cast
from phonebridge.tests.interleavings.server import Frame

if TYPE_CHECKING:
    from phonebridge.tests.interleavings.world import World


class Phone:
    """What both kinds have in common: an owner, a number, results that wait."""

    kind = ""

    def __init__(self, world: World, index: int, owner: str, number: str) -> None:
        self.world, self.index, self.owner, self.number = world, index, owner, number
        cast: Cast = world.cast
        self.user_id = cast.people[owner].pk
        self.device_pk = cast.devices[owner, number].pk
        self.instance = self._installation()
        self.outbox: dict[str, Frame] = {}
        self.is_asleep = self.holds_up = False
        self.made = 0
        self.last_report: tuple[str, Frame] | None = None

    def __str__(self) -> str:
        return f"{self.number}/{self.index}"

    def _installation(self) -> str:
        return ""

    def wall(self, moment: float) -> str:
        """A moment of the phone's clock as the rows of the database count time."""
        ago = timedelta(seconds=self.world.now() - moment)
        return (datetime.now(UTC) - ago).isoformat()

    def report(self, body: Frame, *, name: str = "") -> str:
        """Store a result; it is sent until the server has it."""
        self.made += 1
        key = name or f"{self}-{self.instance}-{self.made}"
        self.outbox[key] = body
        self.last_report = key, body
        return key

    def send_reports(self) -> bool:
        """One result on its way; False when none waits."""
        if not self.outbox:
            return False
        key, body = next(iter(self.outbox.items()))
        self.post_report(key, body)
        return True

    def post_report(self, key: str, body: Frame) -> None:
        named = {**body, "report_id": key, "sent_at": self.wall(self.world.now()), "device_id": self.number}
        if self.kind == "legacy":
            named = body
        if self.world.rest(self, "post", "/api/phone/calls/update/", named) is not None:
            self.outbox.pop(key, None)

    def pull(self, *, lost: bool = False) -> None:
        """Claim and grant in one; the time to dial counts from here."""
        asked_at = self.world.now()
        answer = self.world.rest(self, "get", self.pull_path())
        if answer is not None and not lost and answer.status_code == 200:
            self.pulled(answer.json(), asked_at)

    def pull_if_any(self) -> None:
        """The next poll that could bring something; the empty ones before it cost only time."""
        if self.world.ledger.has_waiting(self.user_id):
            self.pull()

    def pull_path(self) -> str:
        return f"/api/phone/calls/pull/?device_id={self.number}"

    def pulled(self, body: Frame, asked_at: float) -> None:
        """The answer of a pull arrived with a command."""
        raise NotImplementedError

    def natural(self) -> None:
        """What such a phone does next when nothing goes wrong."""
        raise NotImplementedError

    def wants_to_claim(self) -> bool:
        """True when its next act is to reach for a call."""
        return False

    def business(self) -> int:
        """How much the phone has in its hands."""
        return 2 * bool(self.outbox)

    def refuse(self) -> None:
        """The person declines what the phone shows; an old dialer has no word for it."""

    def die(self, *, keeps_disk: bool) -> None:
        """The power goes; the disk stays, or the app is installed anew."""
        raise NotImplementedError


class Legacy(Phone):
    """Dials every 200 at once, tells only the result; its queue of results is on its disk."""

    kind = "legacy"

    def __init__(self, world: World, index: int, owner: str, number: str) -> None:
        super().__init__(world, index, owner, number)
        self.calling: deque[tuple[str, float]] = deque()

    def pulled(self, body: Frame, asked_at: float) -> None:
        call_id = body["id"]
        self.world.ledger.dial(self, call_id, "")
        self.calling.append((call_id, self.world.now()))

    def natural(self) -> None:
        if self.calling:
            call_id, at = self.calling.popleft()
            body = {"call_request_id": call_id, "call_status": "connected", "call_started_at": self.wall(at)}
            self.report(body | {"call_duration_seconds": 1 + self.index})
        elif not self.send_reports():
            self.pull_if_any()

    def business(self) -> int:
        return 4 * bool(self.calling) + super().business()

    def die(self, *, keeps_disk: bool) -> None:
        self.calling.clear()
        if not keeps_disk:
            self.outbox.clear()
