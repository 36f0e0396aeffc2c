"""From offer to grant over a transport that only records: the outside party stays silent or is late."""

import asyncio
import io
from collections.abc import Callable

import pytest

from dialer.desk import Desk
from dialer.device import Device
from dialer.events import Events
from dialer.phone_frames import PhoneFrame
from dialer.script_file import from_dict
from dialer.server_frames import Go, Offer
from dialer.store import Journal


class Recorder:
    """A link that keeps what was said."""

    def __init__(self) -> None:
        self.frames: list[PhoneFrame] = []
        self.news = asyncio.Event()
        self.result = asyncio.Event()

    def send(self, frame: PhoneFrame) -> None:
        self.frames.append(frame)
        self.news.set()

    def after_sending(self, then: Callable[[], object]) -> None:
        then()

    def results_waiting(self) -> None:
        self.result.set()

    def abort(self) -> None:
        pass

    def said(self) -> list[str]:
        words = {"state": "phase", "reject": "reason"}
        return [f"{frame['type']} {frame.get(words.get(frame['type'], ''), '')}".strip() for frame in self.frames]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.frames) < count:
                self.news.clear()
                await self.news.wait()


class Watched(io.StringIO):
    """Standard output that tells when an event of this name is printed."""

    def __init__(self, name: str, seen: asyncio.Event) -> None:
        super().__init__()
        self.name, self.seen = name, seen

    def write(self, text: str) -> int:
        if f'"{self.name}"' in text:
            asyncio.get_running_loop().call_soon(self.seen.set)
        return super().write(text)


def phone() -> tuple[Desk, Recorder]:
    script = from_dict({"defaults": {"ring_s": 0, "dial_delay_s": 0, "outcome": "busy"}})
    events = Events(lines=True, out=io.StringIO())
    device = Device(1, "anna", "sim-1", "Симулятор", "7:1", script, Journal(), events)
    link = Recorder()
    device.link = link
    return Desk(device, claim_again_s=0.02, repeat_window_s=0.2), link


def offer(call_id: str = "c1") -> Offer:
    return Offer(type="offer", call_id=call_id, phone="+70005550101", ttl_ms=60_000)


def go(call_id: str = "c1", within_ms: int = 5000) -> Go:
    return Go(type="go", call_id=call_id, lease="l", dial_within_ms=within_ms)


async def test_unanswered_claim_is_given_up() -> None:
    desk, link = phone()
    given_up = asyncio.Event()
    desk.device.events.out = Watched("claim_lost", given_up)
    desk.offered(offer())
    async with asyncio.timeout(10):
        await given_up.wait()
    assert link.said() == ["state received", "claim"]
    assert desk.device.busy_with is None


async def test_claim_is_repeated_when_the_server_says_later() -> None:
    desk, link = phone()
    desk.offered(offer())
    desk.server_away()
    await link.until(3)
    assert link.said() == ["state received", "claim", "claim"]


async def test_phone_without_power_says_nothing_more() -> None:
    desk, _ = phone()
    desk.offered(offer())
    desk.server_away()
    desk.close()
    assert desk.timers.handles and all(handle.cancelled() for handle in desk.timers.handles.values())


async def test_grant_after_giving_up_is_stale() -> None:
    desk, link = phone()
    desk.granted(go("forgotten"))
    assert link.said() == ["reject stale"]


@pytest.mark.parametrize(("within_ms", "last"), [(0, "reject stale"), (5000, "state ended")])
async def test_late_grant_is_void(within_ms: int, last: str) -> None:
    desk, link = phone()
    desk.offered(offer())
    desk.granted(go(within_ms=within_ms))
    await link.until(3 if within_ms == 0 else 4)
    assert link.said()[-1] == last
    assert ("c1" in desk.device.journal.dialled) is (within_ms > 0)


async def test_grant_that_comes_twice_dials_once() -> None:
    desk, link = phone()
    desk.offered(offer())
    desk.granted(go())
    desk.granted(go())
    await link.until(4)
    assert link.said() == ["state received", "claim", "state dialing", "state ended"]
    async with asyncio.timeout(10):
        await link.result.wait()
    assert len(desk.device.journal.results) == 1


async def test_revoke_that_overtakes_the_grant_wins() -> None:
    desk, link = phone()
    desk.offered(offer())
    desk.revoked({"type": "revoke", "call_id": "c1", "reason": "cancelled"})
    desk.granted(go())
    assert link.said() == ["state received", "claim", "reject stale"]
    assert desk.device.journal.dialled == {}


async def test_disconnected_phone_forgets_unclaimed_offers() -> None:
    desk, link = phone()
    desk.device.script = from_dict({"defaults": {"claim_delay_s": 0.05}})
    desk.offered(offer())
    assert desk.device.busy_with == "c1"
    desk.disconnected()
    assert desk.device.busy_with is None and link.said() == ["state received"]
