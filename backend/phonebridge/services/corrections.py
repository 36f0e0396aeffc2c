"""What an outcome says about the line: a report of a person, kept beside the phone's and weighed with them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db.models import Q

from accounts.models import User
from phonebridge import events, reporting
from phonebridge.enums import RESULT_RANK, CallStatus, Teller
from phonebridge.models import CallReport, CallRequest
from phonebridge.services.counting import count_columns

UNKNOWN, REACHED = RESULT_RANK[CallStatus.UNKNOWN], RESULT_RANK[CallStatus.CONNECTED]


def weighed(told: str, said: str) -> str:
    """The status of a call that phones told `told` of and a person `said` ('': nothing).

    Of a call that nobody knows about the person may say anything, between no answer and busy the person's word
    counts more; a talk that a phone saw stays one, and one that no phone saw is not made.
    """
    rank = RESULT_RANK[CallStatus(told)]
    if not said or rank == REACHED:
        return told
    return said if rank == UNKNOWN or RESULT_RANK[CallStatus(said)] == rank else told


def word_of(call: CallRequest) -> CallReport | None:
    """The last that a person said about the line, if anybody did."""
    return CallReport.objects.filter(call=call, transport=Teller.PERSON).order_by("-pk").first()


def kept_status(call: CallRequest, told: str | None) -> str | None:
    """The status after a phone tells `told` of equal rank: a person's word of that rank stays."""
    if call.call_status is None or told is None or told == call.call_status:
        return told
    same = RESULT_RANK[CallStatus(told)] == RESULT_RANK[CallStatus(call.call_status)]
    return call.call_status if same and word_of(call) is not None else told


def imply(*, actor: User, call: CallRequest, said: str, now: datetime) -> CallRequest:
    """Let the outcome of a locked call count for its status; the same word again changes nothing."""
    last = word_of(call)
    told = _told(call, last)
    if (last.body["call_status"] if last else "") == said:
        return call
    if last is None and weighed(told, said) == told:
        return call
    CallReport.objects.create(
        user=actor,
        call=call,
        dedupe_key=f"person:{uuid4()}",
        transport=Teller.PERSON,
        body={"call_request_id": str(call.pk), "call_status": said, "told": told},
        is_applied=True,
    )
    status = weighed(told, said)
    if status == call.call_status:
        return call
    columns = count_columns(call, call.result_at or now)
    fresh = CallRequest.objects.move(pk=call.pk, where=Q(), call_status=status, **columns)
    assert fresh is not None  # noqa: S101 (the caller holds its lock)
    events.call_changed(fresh)
    return fresh


def _told(call: CallRequest, last: CallReport | None) -> str:
    """The best that phones have told, without what persons said."""
    if last is None:
        return call.call_status or CallStatus.UNKNOWN
    told: str = last.body["told"]
    later = CallReport.objects.filter(call=call, pk__gt=last.pk).exclude(transport=Teller.PERSON).order_by("pk")
    for report in later:
        if isinstance(report.body, dict):
            facts = reporting.read_facts(report.body, sent_at=None, received_at=report.received_at)
            status = facts.call_status
            if status and RESULT_RANK[CallStatus(status)] >= RESULT_RANK[CallStatus(told)]:
                told = status
    return told
