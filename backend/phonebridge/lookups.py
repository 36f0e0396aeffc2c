"""«Who is calling?» of phones: the answer in the frame's words, and how often one may ask."""

from __future__ import annotations

import time
from typing import Any

from accounts.models import User
from common import phones
from common.pace import Pace
from common.ws import in_thread
from companies.selectors import Caller, who_calls
from phonebridge import protocol
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
    return who_calls(viewer=viewer, phone=number_in(said)) if viewer else None
