"""Next steps that calls know: one that goes on, and how the last one ended."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from common.steps import Step, Urgency
from companies.models import Company
from phonebridge.enums import CallStatus
from phonebridge.models import CallRequest
from phonebridge.selectors.box import call_box

AGAIN = {
    CallStatus.NO_ANSWER: "не ответили: позвонить ещё раз",
    CallStatus.BUSY: "было занято: позвонить ещё раз",
    CallStatus.MISSED: "пропущенный входящий: перезвонить",
}


def next_steps(company: Company, viewer: User, now: datetime) -> list[Step]:
    """Open calls of anybody on this card, then the last outcome; two queries."""
    calls = CallRequest.objects.filter(company=company, deleted_at__isnull=True, is_private=False)
    calls = calls.select_related("user", "device", "company", "contact").order_by("-created_at", "-pk")
    steps = []
    for call in calls.filter(closed_at__isnull=True)[:3]:
        text = f"{call_box(call, viewer, now).title}, {call.user.label}"
        steps.append(Step(Urgency.NOW, "звонок", text, "accent", call.created_at, key=f"c{call.pk}"))
    last = calls.filter(closed_at__isnull=False).first()
    if not steps and last is not None:
        steps.append(_outcome(last))
    return steps


def _outcome(call: CallRequest) -> Step:
    again = AGAIN.get(CallStatus(call.call_status)) if call.call_status in CallStatus.values else None
    if again:
        return Step(Urgency.LATER, "последний звонок", again, "warning", call.created_at, key=f"c{call.pk}")
    words = CallStatus(call.call_status).label if call.call_status in CallStatus.values else "без результата"
    return Step(Urgency.KNOWN, "последний звонок", str(words), "neutral", call.created_at, key=f"c{call.pk}")
