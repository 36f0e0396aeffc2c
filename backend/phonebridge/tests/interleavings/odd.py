"""What phones do besides: refusals, repeats, lies, results that come again or belong elsewhere."""

from __future__ import annotations

from typing import Any

from phonebridge.enums import CallStatus
from phonebridge.tests.interleavings.app_phone import App
from phonebridge.tests.interleavings.phones import Phone

REFUSALS = ["user", "busy", "no_permission"]
LIES = ["claim of another's", "state of another's", "state without the lease", "claim of an old call"]
ODD = ["frame again", "state again", "state out of order", *REFUSALS, *LIES]
RESULTS = ["again", "another", "second call", "late", "own", "own again", "foreign", "unknown", "broken"]
FOREIGN = {"claim of another's", "state of another's", "foreign"}
STATUSES = CallStatus.values
NOBODY = "00000000-0000-7000-8000-000000000001"


def odd_act(phone: Phone, what: str, call_id: str) -> None:
    """One act beside the natural order; an old dialer knows none of them."""
    if not isinstance(phone, App):
        return
    if what in REFUSALS:
        _refuse(phone, what)
    elif what == "frame again":
        _say_again(phone)
    elif what in {"state again", "state out of order"}:
        _tell_again(phone, in_order=what == "state again")
    elif what.startswith("claim"):
        _claim(phone, call_id)
    else:
        phone.tell(call_id, "talking", "0123456789abcdef" if what == "state of another's" else "")


def _say_again(phone: App) -> None:
    """The same frame twice; a claim is repeated only after a reconnect."""
    if phone.line is not None and phone.last_frame is not None and phone.last_frame["type"] in {"state", "report"}:
        phone.line.say(**phone.last_frame)


def _tell_again(phone: App, *, in_order: bool) -> None:
    """The phase of the last call once more, or the end before the beginning."""
    for call_id, call in list(phone.journal.items())[-1:]:
        for phase in [call.phase] if in_order else ["ended", "dialing"]:
            phone.tell(call_id, phase, call.lease)


def _refuse(phone: App, reason: str) -> None:
    """Of a command that it holds, or that it was offered."""
    for call_id in [*phone.granted, *phone.offers][:1]:
        phone.reject(call_id, reason)


def _claim(phone: App, call_id: str) -> None:
    """Of a call that it is not calling and was not granted; a phone does not repeat a claim on the same line."""
    if phone.line is None:
        phone.connect()
        phone.world.flow()
    if phone.line is not None and not any(call_id in known for known in (phone.asked, phone.granted, phone.journal)):
        phone.claim(call_id)


def odd_report(phone: Phone, what: str, call_id: str, status: int) -> None:
    """One result beside the natural order; it is sent at once."""
    if what == "again":
        if phone.last_report is not None:
            phone.post_report(*phone.last_report)
        return
    key = phone.report(_body(phone, what, call_id, STATUSES[status]))
    phone.post_report(key, phone.outbox[key])


def _body(phone: Phone, what: str, call_id: str, status: str) -> dict[str, Any]:
    if what in {"own", "own again"}:
        event_id = f"e{phone.index}" if what == "own again" else f"e{phone.index}-{phone.made}"
        phone.world.ledger.events.add((phone.user_id, event_id))
        return {"event_id": event_id, "phone": "+79220000001", "call_status": status, "direction": "incoming"}
    if what == "broken":
        return {"call_request_id": ["x"], "call_status": 5, "made": phone.made}
    body = {"call_request_id": NOBODY if what == "unknown" else call_id, "call_status": status, "made": phone.made}
    if what == "second call":
        body |= {"action_source": "history", "call_started_at": phone.wall(phone.world.now())}
    return body
