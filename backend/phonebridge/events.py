"""What pages and phones hear of a call, always after commit."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from common.realtime import publish_on_commit
from phonebridge import topics
from phonebridge.models import CallRequest


def call_frame(call: CallRequest) -> dict[str, Any]:
    """The `call` frame of the browser socket: identity and state, nothing that rights could hide."""
    return {
        "type": "call",
        "id": str(call.pk),
        "user": call.user_id,
        "company": call.company_id,
        "status": call.status,
        "live_phase": call.live_phase or None,
        "call_status": call.call_status,
        "open": call.is_open,
        "rev": call.rev,
        "at": timezone.now().isoformat(),
    }


def call_changed(call: CallRequest) -> None:
    """Tell the owner, the heads who may see the call, and the company's card (which only re-reads)."""
    frame = call_frame(call)
    publish_on_commit(topics.person(call.user_id), frame)
    if call.branch_id is not None:
        publish_on_commit(topics.branch_calls(call.branch_id), frame)
    publish_on_commit(topics.ALL_CALLS, frame)
    if call.company_id is not None:
        poke = {"type": "company", "id": call.company_id, "what": "calls", "at": frame["at"]}
        publish_on_commit(topics.company(call.company_id), poke)


def offer_frame(call: CallRequest, ttl_ms: int) -> dict[str, Any]:
    """The finished offer: the first frame to a phone needs no read."""
    return {
        "type": "offer",
        "call_id": str(call.pk),
        "phone": call.phone_e164 or call.phone_raw,
        "ext": call.phone_ext,
        "title": call.company_name,
        "contact": call.contact_name,
        "note": call.note[:500],
        "ttl_ms": max(ttl_ms, 0),
    }


def offered(call: CallRequest, ttl_ms: int) -> None:
    """Wake the person's phones with the offer itself."""
    event = {"type": "offer", "target": call.target_id, "frame": offer_frame(call, ttl_ms)}
    publish_on_commit(topics.phone(call.user_id), event)


def revoked(call: CallRequest, reason: str, *, holder: int | None = None, except_for: int | None = None) -> None:
    """Take an offer back from all phones but one, or ask the holder not to dial."""
    event = {
        "type": "revoke",
        "device": holder,
        "except": except_for,
        "frame": {"type": "revoke", "call_id": str(call.pk), "reason": reason},
    }
    publish_on_commit(topics.phone(call.user_id), event)


def presence_changed(user_id: int, branch_id: int | None, frame: dict[str, Any]) -> None:
    """Presence goes to the person and to those who watch the branch or everyone."""
    publish_on_commit(topics.person(user_id), frame)
    if branch_id is not None:
        publish_on_commit(topics.branch_calls(branch_id), frame)
    publish_on_commit(topics.ALL_CALLS, frame)


def device_revoked(user_id: int, device_id: int) -> None:
    """Close the socket of a phone that an administrator took out."""
    publish_on_commit(topics.phone(user_id), {"type": "close", "device": device_id, "code": 4003})


def device_logged_out(user_id: int, device_id: int) -> None:
    """Close the socket of a phone whose person logged out on it."""
    publish_on_commit(topics.phone(user_id), {"type": "close", "device": device_id, "code": 4001})


def replaced(user_id: int, device_id: int, connection_id: str) -> None:
    """A newer socket of the same phone is there; every other one closes with 4201."""
    event = {"type": "replaced", "device": device_id, "connection": connection_id}
    publish_on_commit(topics.phone(user_id), event)
