"""The new client: by socket or by polling, with a journal.

It keeps to the protocol: it dials only what it was granted, within the time by its own monotonic clock, after writing
it into the journal, and never again. What it was told and what it dialled is the ledger's to judge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from phonebridge.consumers import PhoneConsumer
from phonebridge.tests.interleavings.phones import Phone
from phonebridge.tests.interleavings.server import Frame, Line

if TYPE_CHECKING:
    from phonebridge.tests.interleavings.world import World

SOCKET = PhoneConsumer.as_asgi()
REPLACED = 4201
NEXT = {"dialing": "talking", "talking": "ended"}


@dataclass
class Granted:
    """A command that may be dialled until `dial_before` (the phone's monotonic clock)."""

    lease: str
    dial_before: float


@dataclass
class Dialled:
    """An entry of the journal."""

    lease: str
    at: float
    phase: str = "dialing"
    reported: bool = False


class App(Phone):
    """Journal, outbox and `instance` survive a crash together; connection, offers and grants do not."""

    kind = "app"

    def __init__(self, world: World, index: int, owner: str, number: str) -> None:
        super().__init__(world, index, owner, number)
        self.prefers_socket = True
        self.tells_received = False
        self.journal: dict[str, Dialled] = {}
        self._forget()

    def _installation(self) -> str:
        self.world.installations += 1
        return f"i{self.world.installations}"

    def _forget(self) -> None:
        """What is lost with the memory."""
        self.line: Line | None = None
        self.is_asleep = self.holds_up = self.is_synced = self.is_replaced = False
        self.offers: list[str] = []
        self.asked: dict[str, float] = {}
        self.granted: dict[str, Granted] = {}
        self.last_frame: Frame | None = None

    # --- the connection

    def connect(self) -> None:
        if self.line is not None:
            return
        scope = {"type": "websocket", "path": "/ws/phone/", "headers": [], "query_string": b""}
        # whether a frame arrives or not, the ledger hears that the server let it go, and to which installation
        said = partial(self.world.ledger.frame_left, self, self.instance)
        self.line = self.world.server.open(SOCKET, scope, said)
        self.is_asleep = self.holds_up = self.is_synced = self.is_replaced = False
        token = self.world.cast.tokens[self.owner]
        self.say(type="auth", token=token, device_id=self.number, instance=self.instance)

    def cut(self, *, noticed: bool) -> None:
        if self.line is not None:
            self.line.cut(noticed=noticed)
            self.lost()

    def lost(self) -> None:
        """The connection is gone: offers come again, a claim without an answer is asked again."""
        self.line = None
        self.is_synced = self.is_asleep = self.holds_up = False
        self.offers.clear()

    def say(self, **frame: Any) -> None:
        self.last_frame = frame
        if self.line is not None:
            self.line.say(**frame)

    def pump(self) -> bool:
        """Let frames move: the server reads ours, we read the server's. False when nothing moved."""
        line, moved = self.line, False
        if line is not None and not self.holds_up:
            moved = line.feed()
        while line is not None and line is self.line and not self.is_asleep and line.down:
            self.hear(line.down.popleft())
            moved = True
        return moved

    # --- hearing

    def hear(self, message: Frame) -> None:
        if message["type"] == "websocket.close":
            self.is_replaced = message.get("code") == REPLACED
            self.world.counts["a socket was replaced"] += self.is_replaced
            self.lost()
            return
        frame = json.loads(message["text"])
        react = getattr(self, f"_on_{frame['type']}", None)
        if react is not None:
            react(frame)

    def _on_ping(self, frame: Frame) -> None:
        self.say(type="pong", ts=frame["ts"])

    def _on_ack(self, frame: Frame) -> None:
        self.outbox.pop(frame["report_id"], None)

    def _on_synced(self, frame: Frame) -> None:
        self.is_synced = True
        for call_id in list(self.asked):
            self.world.counts["a claim was asked again"] += 1
            self.claim(call_id)

    def _on_offer(self, frame: Frame) -> None:
        call_id = frame["call_id"]
        self.world.ledger.offered(self, call_id)
        if any(call_id in known for known in (self.offers, self.asked, self.granted, self.journal)):
            return
        self.offers.append(call_id)
        if self.tells_received:
            self.tell(call_id, "received", "")

    def _on_go(self, frame: Frame) -> None:
        call_id = frame["call_id"]
        asked_at = self.asked.pop(call_id, None)
        if asked_at is None:
            if call_id not in self.granted and call_id not in self.journal:
                self.reject(call_id, "stale")
            return
        self._grant(call_id, frame["lease"], asked_at + frame["dial_within_ms"] / 1000)

    def _grant(self, call_id: str, lease: str, dial_before: float) -> None:
        if call_id in self.journal:
            return
        if self.world.now() > dial_before:
            self.world.counts["a go came too late and was void"] += 1
            self.reject(call_id, "stale")
            return
        self.granted[call_id] = Granted(lease, dial_before)

    def _on_no(self, frame: Frame) -> None:
        self._drop(frame["call_id"])
        self.world.ledger.told_void(self, frame["call_id"])

    def _on_revoke(self, frame: Frame) -> None:
        call_id = frame["call_id"]
        if self.granted.pop(call_id, None) is not None:
            self.world.counts["a holder stopped before it dialled"] += 1
            self.world.ledger.told_void(self, call_id)
            self.reject(call_id, "stale")
        self._drop(call_id)

    def _drop(self, call_id: str) -> None:
        self.asked.pop(call_id, None)
        if call_id in self.offers:
            self.offers.remove(call_id)

    # --- doing

    def claim(self, call_id: str) -> None:
        """Asked again only after a reconnect: an answer that is still on its way must not seem fresh.

        But then however late it is: whether the grant is still to be had, only the server knows.
        """
        self._drop(call_id)
        self.asked[call_id] = self.world.now()
        self.say(type="claim", call_id=call_id)

    def reject(self, call_id: str, reason: str) -> None:
        self.granted.pop(call_id, None)
        self._drop(call_id)
        if self.line is not None:
            self.say(type="reject", call_id=call_id, reason=reason)
        else:
            body = {"call_request_id": call_id, "reason": reason, "device_id": self.number}
            self.world.post(self, "/api/phone/calls/reject/", body)

    def tell(self, call_id: str, phase: str, lease: str) -> None:
        if self.line is not None:
            self.say(type="state", call_id=call_id, phase=phase, lease=lease)
        else:
            body = {"call_request_id": call_id, "phase": phase, "lease": lease}
            self.world.post(self, "/api/phone/calls/state/", body)

    def told_of_state(self, call_id: str, *, revoked: bool) -> None:
        """The answer of a `state` by REST: a command that is not dialled yet may have been taken back."""
        if revoked and self.granted.pop(call_id, None) is not None:
            self.world.counts["a holder stopped before it dialled"] += 1
            self.world.ledger.told_void(self, call_id)
            self.reject(call_id, "stale")

    def pull_path(self) -> str:
        return f"{super().pull_path()}&instance={self.instance}&dedupe=1"

    def pulled(self, body: Frame, asked_at: float) -> None:
        self._drop(body["id"])
        self._grant(body["id"], body["lease"], asked_at + body["dial_within_ms"] / 1000)

    def dial_and_die(self) -> None:
        """The power goes between the journal and the dial."""
        if self.granted:
            self.world.counts["a phone died between its journal and the dial"] += 1
            self.dial(dies_after_journal=True)

    def dial(self, *, dies_after_journal: bool = False) -> None:
        """Journal, then dial, then tell; a command whose time is over is refused."""
        call_id, granted = next(iter(self.granted.items()))
        if self.world.now() > granted.dial_before:
            self.reject(call_id, "stale")
            return
        del self.granted[call_id]
        self.journal[call_id] = Dialled(granted.lease, self.world.now())
        if dies_after_journal:
            self.die(keeps_disk=True)
            return
        self.world.ledger.dial(self, call_id, granted.lease)
        self.tell(call_id, "dialing", granted.lease)

    def going_on(self) -> tuple[str, Dialled] | None:
        return next(((c, d) for c, d in self.journal.items() if not d.reported), None)

    def natural(self) -> None:
        if self.granted:
            self.dial()
        elif (call := self.going_on()) is not None:
            self._go_on(*call)
        elif self.outbox:
            self.send_reports()
        elif self.offers:
            self.claim(self.offers[0])
        elif self.is_replaced:
            return  # until the person asks, or the phone starts anew
        elif self.prefers_socket:
            self.connect()
        else:
            self.pull_if_any()

    def wants_to_claim(self) -> bool:
        return bool(self.offers) and not (self.granted or self.outbox or self.going_on())

    def business(self) -> int:
        in_hand = 8 * bool(self.granted) + 6 * self.wants_to_claim() + 5 * bool(self.asked)
        return in_hand + 4 * (self.going_on() is not None) + super().business() + (self.line is not None)

    def refuse(self) -> None:
        for call_id in [*self.granted, *self.offers][:1]:
            self.reject(call_id, "user")

    def _go_on(self, call_id: str, call: Dialled) -> None:
        if call.phase in NEXT:
            call.phase = NEXT[call.phase]
            self.tell(call_id, call.phase, call.lease)
            return
        self._finish(call_id, call, "connected" if call.phase == "ended" else "unknown")

    def _finish(self, call_id: str, call: Dialled, status: str) -> None:
        call.reported = True
        self.report(
            {
                "call_request_id": call_id,
                "call_status": status,
                "call_started_at": self.wall(call.at),
                "call_ended_at": self.wall(self.world.now()),
                "direction": "outgoing",
                "action_source": "crm_ui",
            }
        )

    def post_report(self, key: str, body: Frame) -> None:
        if self.line is None or not self.is_synced:
            super().post_report(key, body)
        else:
            self.say(type="report", report_id=key, sent_at=self.wall(self.world.now()), **body)

    def die(self, *, keeps_disk: bool) -> None:
        """After a restart a call that was cut off is reported as unknown and never dialled again."""
        self.world.counts["a phone died with its journal" if keeps_disk else "a phone lost its journal"] += 1
        self.cut(noticed=True)
        self._forget()
        if not keeps_disk:
            self.journal.clear()
            self.outbox.clear()
            self.instance = self._installation()
            return
        for call_id, call in self.journal.items():
            if not call.reported:
                self._finish(call_id, call, "unknown")
