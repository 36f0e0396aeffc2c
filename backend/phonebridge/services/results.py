"""Results: every report is kept, each is applied once, nothing finished is reopened."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from django.db import transaction
from django.db.models import BigIntegerField, F, JSONField, QuerySet, UUIDField
from django.db.models.functions import Now

from accounts.models import User
from common import phones
from common.clock import DEFAULT_ZONE
from common.ids import parse_uuid
from common.statements import Insert, Lock, Param, Update
from phonebridge import events, matching, reporting, rings
from phonebridge.enums import (
    RESULT_RANK,
    ActionSource,
    CallStatus,
    Delivery,
    Direction,
    Origin,
    Phase,
    Status,
    known_status,
)
from phonebridge.models import CallReport, CallRequest, DeadLetter, DeadReason, PhoneDevice
from phonebridge.reporting import LATE, Facts
from phonebridge.services import after, callbacks
from phonebridge.services import incoming as incoming_calls
from phonebridge.services.corrections import kept_status
from phonebridge.services.counting import count_columns, number_key

logger = logging.getLogger(__name__)
SAME_START = timedelta(seconds=2)


BY_DATABASE = frozenset({"ended_at", "closed_at"})

ABOUT = ("call_request_id", "event_id", "phone")
_KEEP = Insert(CallReport)
_LOCK = Lock(lambda: CallRequest.objects.filter(pk=Param("call_id", UUIDField())))
_APPLIED = Update(
    CallReport,
    lambda: (
        CallReport.objects.filter(pk=Param("report_id", BigIntegerField())),
        {
            "call_id": Param("call_id", UUIDField()),
            "is_applied": True,
            "flags": Param("flags", JSONField()),
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a report: kept always; `call` when it matched, `dead` when it did not."""

    duplicate: bool
    call: CallRequest | None = None
    dead: bool = False


@transaction.atomic
def record_report(
    *,
    user: User,
    body: Any,
    transport: Delivery,
    device: PhoneDevice | None = None,
    report_id: Any = None,
    sent_at: datetime | None = None,
) -> Recorded:
    """Keep a report and apply it; the same report again changes nothing.

    Never refuses: what cannot be matched becomes a dead letter that an administrator sees (D5).
    """
    kept = reporting.storable(body) if body is not None else "null"
    key = reporting.report_key(report_id) or reporting.body_key(kept)
    draft = CallReport(user=user, device=device, dedupe_key=key, transport=transport, body=kept, sent_at=sent_at)
    report, is_new = _keep(draft)
    if not is_new and not _is_same(report, kept):
        # two phones (or one, installed anew) that count their reports alike: no result may hide behind another
        draft.dedupe_key = reporting.body_key([key, kept])
        report, is_new = _keep(draft)
    if not is_new and (report.is_applied or DeadLetter.objects.filter(report=report).exists()):
        return Recorded(duplicate=True, call=report.call)
    received_at = report.received_at
    if not isinstance(kept, dict):
        return _bury(report, DeadReason.NOT_AN_OBJECT)
    facts = reporting.read_facts(kept, sent_at=sent_at, received_at=received_at)
    if facts.flags:
        logger.info("A report says odd things: %s", ", ".join(facts.flags))
    call, reason = _find(user, kept, facts, received_at)
    if call is None:
        return _bury(report, reason or DeadReason.UNKNOWN_CALL)
    return Recorded(duplicate=False, call=apply_report(report, call, facts, received_at))


def _keep(draft: CallReport) -> tuple[CallReport, bool]:
    """The stored report and True, or the locked one that has this key already and False."""
    stored = _KEEP(draft)
    if stored is not None:
        return stored, True
    return CallReport.objects.select_for_update().get(user=draft.user, dedupe_key=draft.dedupe_key), False


def _is_same(report: CallReport, body: Any) -> bool:
    """Under the same name about the same call; what else a second try changes does not count."""
    return bool(_about(report.body) == _about(body))


def _about(body: Any) -> list[str]:
    return [str(body.get(key) or "") for key in ABOUT] if isinstance(body, dict) else []


def apply_report(report: CallReport, call: CallRequest, facts: Facts, received_at: datetime) -> CallRequest:
    """Let a kept report count for a call that the caller has locked; the call as it is now."""
    fresh = _apply(call, facts, received_at)
    _APPLIED(report_id=report.pk, call_id=call.pk, flags=facts.flags)
    return fresh


def _bury(report: CallReport, reason: DeadReason) -> Recorded:
    DeadLetter.objects.create(report=report, reason=reason)
    logger.warning("A report matches nothing: %s", reason)
    return Recorded(duplicate=False, dead=True)


def _find(
    user: User, body: dict[str, Any], facts: Facts, received_at: datetime
) -> tuple[CallRequest | None, DeadReason | None]:
    """The call that the report is about, locked; a call without a click is made here."""
    named = body.get("call_request_id")
    if named in (None, ""):
        if body.get("event_id") and "phone" in body:
            return own_call(user, body, facts, received_at, event_id=str(body["event_id"])), None
        return None, DeadReason.NO_ID
    call_id = parse_uuid(named)
    if call_id is None:
        return None, DeadReason.BAD_ID
    locked = _LOCK(call_id=call_id)
    if not locked:
        return None, DeadReason.UNKNOWN_CALL
    (call,) = locked
    if call.user_id != user.pk:
        return None, DeadReason.FOREIGN_CALL
    if _is_another_call(call, facts, received_at):
        return _repeat_of(call, facts, received_at), None
    return call, None


def _is_another_call(call: CallRequest, facts: Facts, received_at: datetime) -> bool:
    """A call from history or a notification, begun after the first one ended, under the old id."""
    if call.call_status is None or facts.action_source not in {
        ActionSource.HISTORY,
        ActionSource.NOTIFICATION,
    }:
        return False
    first_end = call.call_ended_at or call.ended_at or call.call_started_at
    if first_end is None or facts.started_at is None:
        return False
    return first_end < facts.started_at <= received_at + LATE


def _repeat_of(call: CallRequest, facts: Facts, received_at: datetime) -> CallRequest:
    """The row of that later call: the same one however often it is told."""
    assert facts.started_at is not None  # noqa: S101 (typing: _is_another_call has seen it)
    around = (facts.started_at - SAME_START, facts.started_at + SAME_START)
    known = CallRequest.objects.select_for_update(of=("self",)).filter(repeats=call, call_started_at__range=around)
    found = known.first()
    if found is not None:
        return found
    return CallRequest.objects.create(
        origin=Origin.PHONE,
        user=call.user,
        created_by=call.user,
        branch=call.user.branch,
        zone=call.user.branch.zone if call.user.branch else DEFAULT_ZONE,
        company=call.company,
        contact=call.contact,
        company_name=call.company_name,
        contact_name=call.contact_name,
        phone_raw=call.phone_raw,
        phone_e164=call.phone_e164,
        phone_ext=call.phone_ext,
        number_key=call.number_key,
        is_cold_call=call.is_cold_call,
        status=Status.CONSUMED,
        repeats=call,
        closed_at=received_at,
    )


def own_call(user: User, body: dict[str, Any], facts: Facts, received_at: datetime, *, event_id: str) -> CallRequest:
    """A call without a click: one row per event of the phone, locked; on the card of whose number it is."""
    event_id = event_id[:64]
    raw = phones.clean_text(str(body.get("phone") or ""))[: phones.MAX_RAW]
    number = phones.normalise(raw, area_code=user.area_code)
    incoming = facts.direction == Direction.INCOMING
    key = number_key(number.e164, raw)
    holder = matching.match(user=user, e164=number.e164, number_key=key, now=received_at) if number.e164 else None
    draft = CallRequest(
        origin=Origin.INCOMING if incoming else Origin.PHONE,
        user=user,
        created_by=user,
        branch=user.branch,
        zone=user.branch.zone if user.branch else DEFAULT_ZONE,
        phone_raw=raw,
        phone_e164=number.e164,
        phone_ext=number.ext,
        number_key=key,
        status=Status.CONSUMED,
        event_id=event_id,
        created_at=_when(facts, received_at),
        closed_at=received_at,
        **matching.card_columns(holder),
    )
    if incoming and number.e164 and incoming_calls.is_fresh(facts.started_at, facts.duration_s, received_at):
        rings.end(user, {"key": number.e164})
    CallRequest.objects.bulk_create([draft], ignore_conflicts=True)
    locked = CallRequest.objects.select_for_update(of=("self",))
    call = locked.get(user=user, event_id=event_id)
    if call.number_key == key or call.is_private:
        return call
    # another phone that numbers its events alike: another number is another call
    draft.event_id = reporting.body_key([event_id, key])[:64]
    CallRequest.objects.bulk_create([draft], ignore_conflicts=True)
    return locked.get(user=user, event_id=draft.event_id)


def _when(facts: Facts, received_at: datetime) -> datetime:
    """A call that is told late stands in lists where it was made; a moment that cannot be is the report's."""
    told = facts.started_at
    return told if told is not None and received_at - reporting.OLDEST <= told <= received_at else received_at


def _apply(call: CallRequest, facts: Facts, received_at: datetime) -> CallRequest:
    is_click = call.origin == Origin.CLICK
    earliest = call.created_at - reporting.EARLY if is_click else received_at - reporting.OLDEST
    instead = call.dialing_at or call.claimed_at or call.created_at
    reporting.clamp_moments(facts, earliest=earliest, received_at=received_at, instead=instead)
    changes: dict[str, Any] = {"flags": sorted({*call.flags, *facts.flags})}
    before = call.call_status
    if _is_better(call, facts):
        changes |= _result_columns(call, facts, received_at)
    if call.status in {Status.CANCELLED, Status.EXPIRED}:
        changes["is_late"] = True
    else:
        changes |= {"status": Status.CONSUMED, "is_unconfirmed": False, "is_lost": False}
    was_pending = call.status == Status.PENDING
    for name, value in changes.items():
        setattr(call, name, value)
    changes |= count_columns(call, call.result_at or received_at)
    if call.live_phase and call.live_phase != Phase.ENDED:
        changes |= {"live_phase": Phase.ENDED, "ended_at": Now()}
    if call.closed_at is None:
        changes["closed_at"] = Now()
    (fresh,) = _applying(frozenset(changes))(call_id=call.pk, **changes)
    news = [events.revoke(fresh, "taken")] if was_pending else []
    if fresh.call_status != before:
        news += after.follow_result(call=fresh, received_at=received_at, is_first=before is None)
    events.call_changed(fresh, *news)
    callbacks.call_counts(fresh)
    return fresh


@cache
def _applying(columns: frozenset[str]) -> Update[CallRequest]:
    """The UPDATE for these columns; a call that this report ends takes the moment from the database."""

    def build() -> tuple[QuerySet[Any, Any], dict[str, Any]]:
        changes: dict[str, Any] = {
            name: Param(name, cast("Any", CallRequest._meta.get_field(name))) for name in columns - BY_DATABASE
        }
        changes |= {name: Now() for name in columns & BY_DATABASE}
        changes |= {"rev": F("rev") + 1, "updated_at": Now()}
        return CallRequest.objects.filter(pk=Param("call_id", UUIDField())), changes

    return Update(CallRequest, build)


def _result_columns(call: CallRequest, facts: Facts, received_at: datetime) -> dict[str, Any]:
    columns = {name: value for name, value in facts.columns().items() if value is not None}
    if facts.call_status is not None:
        status = kept_status(call, facts.call_status)
        columns |= {"call_status": status, "result_at": call.result_at or received_at}
    return columns


def _is_better(call: CallRequest, facts: Facts) -> bool:
    """Connected > busy, rejected, missed, no answer > unknown; of equal rank the later, unless it drops fields."""
    if call.call_status is None:
        return True
    old = RESULT_RANK[known_status(call.call_status)]
    new = RESULT_RANK[CallStatus(facts.call_status)] if facts.call_status else 0
    if new != old:
        return new > old
    had = {name for name in facts.columns() if getattr(call, name) is not None}
    return had <= facts.known_fields()
