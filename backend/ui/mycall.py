"""The call boxes that a page shows: what goes on now, and what has just ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from companies.models import Company
from phonebridge.models import CallRequest
from phonebridge.selectors import CallBox, call_box, visible_calls

SHOWN_AFTER = timedelta(minutes=2)
SHOWN_AFTER_ON_CARD = timedelta(minutes=15)
MOST = 4


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A box; `caller` is the colleague whose call it is, '' for one's own."""

    box: CallBox
    caller: str


def _shown(call: CallRequest, viewer: User, now: datetime) -> ShownBox:
    return ShownBox(call_box(call, viewer, now), "" if call.user_id == viewer.pk else call.user.label)


def my_call(user: User) -> CallRequest | None:
    """The person's open call, if any."""
    return visible_calls(user).filter(user=user, closed_at__isnull=True).first()


def my_boxes(user: User, now: datetime) -> list[ShownBox]:
    """One's own call: the open one, else the one that ended a moment ago."""
    recent = Q(closed_at__isnull=True) | Q(closed_at__gt=now - SHOWN_AFTER)
    call = visible_calls(user).filter(recent, user=user).first()
    return [_shown(call, user, now)] if call else []


def card_boxes(user: User, company: Company, now: datetime) -> list[ShownBox]:
    """Calls to this card that the viewer may see, open or just ended, one a person; one's own open call anywhere."""
    here = Q(company=company) & (Q(closed_at__isnull=True) | Q(closed_at__gt=now - SHOWN_AFTER_ON_CARD))
    calls = visible_calls(user).filter(here | Q(user=user, closed_at__isnull=True))
    newest: dict[int, CallRequest] = {}
    for call in calls[: MOST * 5]:
        newest.setdefault(call.user_id, call)
    shown = sorted(newest.values(), key=lambda call: (call.user_id != user.pk, not call.is_open))
    return [_shown(call, user, now) for call in shown[:MOST]]
