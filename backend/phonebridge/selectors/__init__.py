"""Answers about calls and phones."""

from phonebridge.selectors.box import CallBox, call_box
from phonebridge.selectors.calls import company_calls, get_visible_call, has_called, open_call_of, ready, visible_calls
from phonebridge.selectors.presence import Presence, presence_frame, presence_of
from phonebridge.selectors.today import Today, today

__all__ = [
    "CallBox",
    "Presence",
    "Today",
    "call_box",
    "company_calls",
    "get_visible_call",
    "has_called",
    "open_call_of",
    "presence_frame",
    "presence_of",
    "ready",
    "today",
    "visible_calls",
]
