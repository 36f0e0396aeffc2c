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
    """Open calls of the card that the viewer may see, one's own open call, else one's last call to this card."""
    mine_recent = Q(user=user, company=company, closed_at__gt=now - SHOWN_AFTER_ON_CARD)
    open_ones = Q(closed_at__isnull=True) & (Q(company=company) | Q(user=user))
    calls = list(visible_calls(user).filter(open_ones | mine_recent)[: MOST * 2])
    own = [call for call in calls if call.user_id == user.pk][:1]
    others = [call for call in calls if call.user_id != user.pk and call.is_open]
    return [_shown(call, user, now) for call in [*own, *others][:MOST]]
