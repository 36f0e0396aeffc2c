"""From an offer to a grant: what the phone answers, and when a late grant is void."""

import time
from dataclasses import dataclass, field

from dialer.device import Device
from dialer.phone import Command, carry_out, refuse_stale
from dialer.phone_frames import Claim, Reject, RejectReason, State
from dialer.script import Plan
from dialer.server_frames import Go, No, Offer, Revoke
from dialer.timers import Timers

CLAIM_AGAIN_S = 1.0
# The server repeats a lost grant for 10 s after the claim; a margin keeps the last repeat inside.
REPEAT_WINDOW_S = 9.0


@dataclass
class Asked:
    """A claim without an answer yet. Times are monotonic."""

    phone: str
    plan: Plan
    first_at: float
    last_at: float


@dataclass
class Desk:
    """The calls of one phone that are not dialled yet; it lives as long as the phone has power."""

    device: Device
    offers: dict[str, Offer] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    claim_again_s: float = CLAIM_AGAIN_S
    repeat_window_s: float = REPEAT_WINDOW_S
    timers: Timers = field(default_factory=Timers)

    def offered(self, offer: Offer) -> None:
        call_id = offer["call_id"]
        # A repeat for a call that is claimed, held or dialled says nothing new; a refusal would end it.
        known = any(call_id in kept for kept in (self.offers, self.asked, self.commands, self.device.journal.dialled))
        self.device.emit("offer", call_id=call_id, phone=offer["phone"], ttl_ms=offer["ttl_ms"], again=known)
        if known:
            return
        self.device.send(State(type="state", call_id=call_id, phase="received", at=self.device.now_iso()))
        if self.device.busy_with is not None:
            self._reject(call_id, "busy")
            return
        plan = self.plans.get(call_id) or self.device.next_plan()
        if plan.reject is not None:
            self._reject(call_id, plan.reject)
            return
        self.offers[call_id], self.plans[call_id] = offer, plan
        self.device.busy_with = call_id
        self.device.after_sending(lambda: self._decide(call_id, plan))

    def _decide(self, call_id: str, plan: Plan) -> None:
        if self.device.suffer(plan.fault, "offer"):
            return
        if plan.claim_delay_s > 0:
            self.timers.later(f"claim {call_id}", plan.claim_delay_s, lambda: self._claim(call_id))
        else:
            self._claim(call_id)

    def _claim(self, call_id: str) -> None:
        offer = self.offers.pop(call_id, None)
        if offer is None:
            return
        now = time.monotonic()
        plan = self.plans[call_id]
        self.asked[call_id] = Asked(offer["phone"], plan, now, now)
        self.device.emit("claim", call_id=call_id)
        self.device.send(Claim(type="claim", call_id=call_id))
        self.device.after_sending(lambda: self.device.suffer(plan.fault, "after_claim"))
        self.timers.later(f"give up {call_id}", self.repeat_window_s, lambda: self._give_up(call_id))

    def _give_up(self, call_id: str) -> None:
        """Too late for any grant: the phone is free for the next command."""
        if self.asked.pop(call_id, None) is not None:
            self.device.emit("claim_lost", call_id=call_id)
            self.device.free(call_id)

    def server_away(self) -> None:
        """The server could not decide and said so: ask again soon."""
        self.timers.later("again", self.claim_again_s, self.claim_again)

    def claim_again(self) -> None:
        """A grant may be lost with its connection; the server repeats the same lease for a while.

        Never asked again while an answer may still be on its way here: a grant that doze held back would
        count from the later claim and seem fresh.
        """
        now = time.monotonic()
        for call_id, asked in self.asked.items():
            if now - asked.first_at <= self.repeat_window_s:
                asked.last_at = now
                self.device.emit("claim", call_id=call_id, again=True)
                self.device.send(Claim(type="claim", call_id=call_id))

    def granted(self, go: Go) -> None:
        call_id = go["call_id"]
        asked = self.asked.pop(call_id, None)
        now = time.monotonic()
        if asked is None:
            # Nobody here waits for it. A repeat of a running call needs no answer.
            self.device.emit("go", call_id=call_id, unasked=True)
            if call_id not in self.commands and call_id not in self.device.journal.dialled:
                self._reject(call_id, "stale")
            return
        self.device.sample("claim_go", now - asked.last_at)
        self.device.emit("go", call_id=call_id, lease=go["lease"], after_ms=round((now - asked.last_at) * 1000, 3))
        self.plans.pop(call_id, None)
        dial_before = asked.last_at + go["dial_within_ms"] / 1000
        if now > dial_before:
            refuse_stale(self.device, call_id)
            return
        command = Command(call_id, asked.phone, go["lease"], dial_before=dial_before)
        self.commands[call_id] = command
        self.device.start(self._carry_out(command, asked.plan))

    async def _carry_out(self, command: Command, plan: Plan) -> None:
        try:
            await carry_out(self.device, command, plan)
        finally:
            self.commands.pop(command.call_id, None)

    def refused(self, no: No) -> None:
        self.device.emit("no", call_id=no["call_id"], reason=no["reason"])
        self._drop(no["call_id"])

    def revoked(self, revoke: Revoke) -> None:
        """An offer is gone; a granted call that is not dialled yet stops and is rejected by its own task."""
        call_id = revoke["call_id"]
        command = self.commands.get(call_id)
        self.device.emit(
            "revoke",
            call_id=call_id,
            reason=revoke["reason"],
            dialled=command is not None and command.dialled,
        )
        if command is None:
            self._drop(call_id)
        else:
            command.stopped = True

    def reconnected(self) -> None:
        """Repeat what an old connection may have lost."""
        self.claim_again()
        if self.device.last_state is not None:
            self.device.send(self.device.last_state)

    def close(self) -> None:
        """The phone lost its power: nothing of this memory may speak again."""
        self.timers.close()

    def disconnected(self) -> None:
        """The server offers again what is still open."""
        for call_id in self.offers:
            self.device.free(call_id)
        self.offers.clear()

    def _drop(self, call_id: str) -> None:
        self.offers.pop(call_id, None)
        self.asked.pop(call_id, None)
        self.plans.pop(call_id, None)
        self.device.free(call_id)

    def _reject(self, call_id: str, reason: RejectReason) -> None:
        self.device.emit("reject", call_id=call_id, reason=reason)
        self.device.send(Reject(type="reject", call_id=call_id, reason=reason))
