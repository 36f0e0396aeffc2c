"""Calls as lines of a card's history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from accounts import scope
from accounts.models import User
from common.ids import parse_uuid
from common.timeline import Cursor, Item
from phonebridge.enums import AfterState
from phonebridge.models import CallRequest
from phonebridge.selectors.after import card_of

KIND = "call"


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call as the card may show it: `note` and the call's own page only to those who may see the call."""

    call: CallRequest
    note: str
    has_page: bool
    outcome: str = ""


def timeline_items(company_ids: Sequence[int], viewer: User, before: Cursor | None, limit: int) -> list[Item]:
    """Calls of these cards, newest first: who, when, outcome and talk time go with the card."""
    calls = CallRequest.objects.filter(company_id__in=company_ids, deleted_at__isnull=True, is_private=False)
    if before is not None:
        key = (parse_uuid(before.id) if before.kind == KIND else None) or uuid.UUID(int=0)
        calls = calls.filter(before.rest(KIND, "created_at", key))
    calls = calls.select_related("user", "contact", "after__outcome").order_by("-created_at", "-pk")
    return [Item(call.created_at, KIND, str(call.pk), _line(call, viewer)) for call in calls[:limit]]


def _line(call: CallRequest, viewer: User) -> CallLine:
    may_see = scope.may(viewer, "calls_view", owner_id=call.user_id, branch_id=call.branch_id)
    card = card_of(call)
    is_done = card is not None and card.state == AfterState.DONE
    said = card.note if card is not None and is_done else ""
    note = "\n".join(part for part in (call.note, said) if part) if may_see else ""
    outcome = str(card.outcome or "") if card is not None and is_done and card.is_required else ""
    return CallLine(call, note, may_see, outcome)


def count_items(company_ids: Sequence[int]) -> int:
    calls = CallRequest.objects.filter(company_id__in=company_ids, deleted_at__isnull=True, is_private=False)
    return calls.count()
