"""What a phone does with a command: dial, talk, hang up, tell the result. The same for every transport."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from dialer.device import Device
from dialer.phone_frames import CallResult, Phase, Reject, State
from dialer.protocol import iso
from dialer.script import Plan
from dialer.store import Dialled


@dataclass
class Command:
    """A granted command. A legacy one has no lease, and tells no phases."""

    call_id: str
    phone: str
    lease: str | None = None
    legacy: bool = False
    dial_before: float = math.inf
    dialled: bool = False
    stopped: bool = False


async def carry_out(device: Device, command: Command, plan: Plan) -> None:
    """The whole call after its grant; faults of the plan strike on the way."""
    if device.suffer(plan.fault, "after_go"):
        return
    await asyncio.sleep(plan.dial_delay_s)
    if command.stopped or time.monotonic() > command.dial_before:
        refuse_stale(device, command.call_id)
        return
    command.dialled = True
    began = device.wall()
    device.journal.dial(Dialled(command.call_id, command.phone, began, command.lease))
    device.emit("dialing", call_id=command.call_id, phone=command.phone)
    tell(device, command, plan, "dialing")
    if await device.struck(plan.fault, "dialing"):
        return
    await asyncio.sleep(plan.ring_s)
    if plan.outcome == "connected":
        tell(device, command, plan, "talking")
        device.emit("talking", call_id=command.call_id)
        if await device.struck(plan.fault, "talking"):
            return
        await asyncio.sleep(plan.talk_s)
    tell(device, command, plan, "ended")
    device.emit("ended", call_id=command.call_id)
    device.free(command.call_id)
    if await device.struck(plan.fault, "before_report"):
        return
    await _report(device, command, plan, began)


async def _report(device: Device, command: Command, plan: Plan, began: float) -> None:
    body = clicked_result(command, plan, began, device.wall())
    await asyncio.sleep(plan.report_delay_s)
    if not plan.report:
        device.journal.finish(command.call_id)
        return
    for _ in range(plan.report_times):
        device.store_result(body)
    device.after_sending(lambda: device.suffer(plan.fault, "before_ack"))


def tell(device: Device, command: Command, plan: Plan, phase: Phase) -> None:
    """Send a phase; without a lease (legacy) there is nobody to tell."""
    if command.legacy or not plan.states:
        return
    frame = State(type="state", call_id=command.call_id, phase=phase, at=device.now_iso())
    if command.lease is not None:
        frame["lease"] = command.lease
    device.last_state = frame
    device.send(frame)


def refuse_stale(device: Device, call_id: str) -> None:
    """A grant that may not be dialled any more: say so, and be free for the next command."""
    device.emit("reject", call_id=call_id, reason="stale")
    device.send(Reject(type="reject", call_id=call_id, reason="stale"))
    device.free(call_id)


def clicked_result(command: Command, plan: Plan, began: float, ended: float) -> CallResult:
    """The extended body, or the four legacy fields; a duration of 0 is left out by legacy builds."""
    talk_s = max(1, round(plan.talk_s)) if plan.outcome == "connected" else 0
    body = CallResult(call_request_id=command.call_id, call_status=plan.outcome, call_started_at=iso(began))
    if talk_s or not command.legacy:
        body["call_duration_seconds"] = talk_s
    if not command.legacy:
        body |= CallResult(
            call_ended_at=iso(ended), direction="outgoing", resolve_method="observer", attempts_count=1,
            action_source="crm_ui",
        )  # fmt: skip
    return body


def interrupted_result(entry: Dialled, at: float) -> CallResult:
    """After a crash during a call nobody knows how it went: say that it was dialled."""
    return CallResult(
        call_request_id=entry.call_id, call_status="unknown", call_started_at=iso(entry.at),
        call_duration_seconds=0, call_ended_at=iso(max(at, entry.at)), direction="outgoing",
        resolve_method="retry", attempts_count=3, action_source="crm_ui",
    )  # fmt: skip


def own_call(phone: str, deed: str, talk_s: float, ended: float) -> CallResult:
    """A call without a click that ended then: answered, missed or rejected."""
    status: Literal["connected", "missed", "rejected"] = "rejected" if deed == "rejected" else "missed"
    if deed == "incoming" and talk_s > 0:
        status = "connected"
    return CallResult(
        event_id=str(uuid4()), phone=phone, call_status=status,
        call_started_at=iso(ended - talk_s), call_duration_seconds=round(talk_s), call_ended_at=iso(ended),
        direction="missed" if status == "missed" else "incoming", resolve_method="observer", attempts_count=1,
        action_source="history",
    )  # fmt: skip


def report_interrupted(device: Device) -> None:
    """On start: results for calls that a crash cut off."""
    for entry in device.journal.interrupted():
        device.store_result(interrupted_result(entry, device.wall()))
