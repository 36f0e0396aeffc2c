"""«Who is calling?» of phones: the answer in the frame's words, and how often one may ask."""

from __future__ import annotations

import time
from typing import Any

from accounts.models import User
from common import phones
from common.pace import Pace
from common.ws import in_thread
from companies.selectors import Caller, holders_of, who_calls
from phonebridge import protocol, rings
from phonebridge.services.devices import text

MOST, WITHIN_S = 10, 1.0


class Lookups:
    """The questions of one socket. It hears frames one after the other, so one is looked up at a time."""

    __slots__ = ("pace",)

    def __init__(self) -> None:
        self.pace: Pace | None = None  # most sockets never ask

    async def answer(self, frame: protocol.Lookup, user_id: int) -> dict[str, Any]:
        """The `caller` frame; empty when nobody is found or there are too many questions."""
        self.pace = self.pace or Pace(MOST, WITHIN_S)
        found = await in_thread(look_up, user_id, frame.phone) if self.pace.allows(time.monotonic()) else None
        return {"type": "caller", "query_id": frame.query_id, **(words(found) if found else {})}


def number_in(said: Any) -> str:
    """What a phone sent as a number; '' for what is no text."""
    return text(said, phones.MAX_RAW)


def words(caller: Caller) -> dict[str, str]:
    return {"title": caller.title, "contact": caller.contact, "note": caller.note}


def look_up(user_id: int, said: Any) -> Caller | None:
    """The person is read anew: a socket holds little of them, and the word that rights changed may be lost."""
    viewer = User.objects.filter(pk=user_id).first()
    return look_up_for(viewer, said) if viewer else None


def look_up_for(viewer: User, said: Any) -> Caller | None:
    """Who it is, and the card «звонит …» on the person's own pages. The number is neither stored nor logged."""
    phone = number_in(said)
    caller = who_calls(viewer=viewer, phone=phone)
    number = phones.normalise(phone)
    if number.e164:
        rings.begin(viewer, _ringing(number.e164, caller))
    return caller


def _ringing(e164: str, caller: Caller | None) -> dict[str, Any]:
    found = {"company": caller.company_id, **words(caller)} if caller else {"foreign": bool(holders_of(e164))}
    return {"key": e164, "phone": phones.national(e164), **found}
