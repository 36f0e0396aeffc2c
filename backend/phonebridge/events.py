"""What pages and phones hear of a call, always after commit. Phones first: their messages stand before the pages'."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from common.clock import local_day
from common.realtime import Message, publish_all_on_commit, publish_on_commit
from phonebridge import topics
from phonebridge.enums import Origin
from phonebridge.models import AfterCall, CallBack, CallRequest


def call_frame(call: CallRequest) -> dict[str, Any]:
    """The `call` frame of the browser socket: identity and state, nothing that rights could hide.

    Whose number it is was found by the base for a call without a click: who hears of the call may not see that card.
    """
    return {
        "type": "call",
        "id": str(call.pk),
        "user": call.user_id,
        "company": call.company_id if call.origin == Origin.CLICK else None,
        "status": call.status,
        "live_phase": call.live_phase or None,
        "call_status": call.call_status,
        "open": call.is_open,
        "rev": call.rev,
        "at": timezone.now().isoformat(),
    }


def counted(call: CallRequest) -> dict[str, Any]:
    """For the processes that count: a call whose result, or lack of one, may be counted differently now."""
    on = call.counted_on or local_day(call.created_at, call.zone)
    return {"type": "counted", "user": call.user_id, "branch": call.branch_id, "on": on.isoformat()}


def after_changed(card: AfterCall, *, opens: bool = False) -> Message:
    """To the pages of whoever fills the card; `opens`: in the tab that clicked it opens by itself."""
    return topics.person(card.owner_id), {
        "type": "after",
        "call": str(card.pk),
        "state": card.state,
        "required": card.is_required,
        "rev": card.rev,
        "opener": card.opener,
        "opens": opens,
        "at": timezone.now().isoformat(),
    }


def tell_after(*cards: AfterCall) -> None:
    """Cards were written: the pages of their people look again."""
    publish_all_on_commit(*(after_changed(card) for card in cards))


def call_changed(call: CallRequest, *before: Message) -> None:
    """Tell the owner, the heads who may see the call, and the company's card (which only re-reads).

    `before` are messages to phones that belong to the same change.
    """
    frame = call_frame(call)
    messages = [*before, (topics.person(call.user_id), frame)]
    if call.branch_id is not None:
        messages.append((topics.branch_calls(call.branch_id), frame))
    messages.append((topics.ALL_CALLS, frame))
    messages += wall_messages(call.branch_id)
    if not call.is_open:
        messages.append((topics.COUNTED, counted(call)))
    if call.company_id is not None:
        poke = {"type": "company", "id": call.company_id, "what": "calls", "at": frame["at"]}
        messages.append((topics.company(call.company_id), poke))
    publish_all_on_commit(*messages)


def callback_changed(row: CallBack, *, formerly: int | None = None) -> None:
    """Whoever may see the call-back looks again; the person who had it before hears only that something changed."""
    _tell_callback(row, row.pk)
    if formerly is not None and formerly != row.assignee_id:
        poke = {"type": "callback", "id": None, "user": formerly, "at": timezone.now().isoformat()}
        publish_on_commit(topics.person(formerly), poke)


def callback_gone(row: CallBack) -> None:
    """The row is deleted in this transaction."""
    _tell_callback(row, None)


def _tell_callback(row: CallBack, pk: int | None) -> None:
    frame = {
        "type": "callback",
        "id": pk,
        "user": row.assignee_id,
        "state": row.state,
        "open": row.is_open and pk is not None,
        "at": timezone.now().isoformat(),
    }
    branch = [(topics.branch_calls(row.branch_id), frame)] if row.branch_id is not None else []
    own = (topics.person(row.assignee_id), frame)
    publish_all_on_commit(own, *branch, (topics.ALL_CALLS, frame), *wall_messages(row.branch_id))


def ringing(user_id: int, frame: dict[str, Any]) -> None:
    """A phone of this person rings, or no longer does: for the own pages alone, kept nowhere."""
    publish_on_commit(topics.person(user_id), {"type": "ringing", **frame})


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


def offer(call: CallRequest, ttl_ms: int) -> Message:
    """Wakes the person's phones with the offer itself."""
    return topics.phone(call.user_id), {"type": "offer", "target": call.target_id, "frame": offer_frame(call, ttl_ms)}


def revoke(call: CallRequest, reason: str, *, holder: int | None = None, except_for: int | None = None) -> Message:
    """Takes an offer back from all phones but one, or asks the holder not to dial."""
    return topics.phone(call.user_id), {
        "type": "revoke",
        "device": holder,
        "except": except_for,
        "frame": {"type": "revoke", "call_id": str(call.pk), "reason": reason},
    }


def wall_messages(branch_id: int | None) -> list[Message]:
    """Wallboards look again; figures are not in the frame."""
    scopes = [topics.ALL_WALLS] if branch_id is None else [topics.wall(branch_id), topics.ALL_WALLS]
    at = timezone.now().isoformat()
    return [(scope, {"type": "wall", "scope": scope, "at": at}) for scope in scopes]


def wall_changed(branch_id: int | None) -> None:
    publish_all_on_commit(*wall_messages(branch_id))


def tv_revoked(branch_id: int) -> None:
    """Televisions of the branch ask whether their link still opens."""
    publish_on_commit(topics.wall(branch_id), {"type": "recheck"})


def presence(user_id: int, branch_id: int | None, frame: dict[str, Any]) -> list[Message]:
    """Presence goes to the person and to those who watch the branch or everyone."""
    branch = [(topics.branch_calls(branch_id), frame)] if branch_id is not None else []
    return [(topics.person(user_id), frame), *branch, (topics.ALL_CALLS, frame), *wall_messages(branch_id)]


def device_revoked(user_id: int, device_id: int) -> None:
    """Close the socket of a phone that an administrator took out."""
    publish_on_commit(topics.phone(user_id), {"type": "close", "device": device_id, "code": 4003})


def device_logged_out(user_id: int, device_id: int) -> None:
    """Close the socket of a phone whose person logged out on it."""
    publish_on_commit(topics.phone(user_id), {"type": "close", "device": device_id, "code": 4001})


def tell_phone(user_id: int, device_id: int, frame: dict[str, Any]) -> None:
    """A frame for one phone's socket; who is away does not hear it."""
    publish_on_commit(topics.phone(user_id), {"type": "tell", "device": device_id, "frame": frame})


def logs_came(device_id: int) -> None:
    publish_on_commit(topics.FLEET, {"type": "phone_logs", "device": device_id})


def replaced(user_id: int, device_id: int, connection_id: str) -> Message:
    """A newer socket of the same phone is there; every other one closes with 4201."""
    return topics.phone(user_id), {"type": "replaced", "device": device_id, "connection": connection_id}
