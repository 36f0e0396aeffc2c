"""The shapes that the components read; selectors that feed them have the same keys."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class BoxStep(TypedDict):
    label: str
    detail: str
    state: str


class Box(TypedDict):
    title: str
    tone: str
    timer_from: str
    timer_text: str
    steps: list[BoxStep]
    person: str
    phone: str
    device: str
    can_cancel: bool
    hint: str
    call_id: str
    rev: int


class Presence(TypedDict):
    state: str
    text: str
    tone: str


class Fact(TypedDict):
    label: str
    value: str
    sub: NotRequired[str]
    tone: NotRequired[str]
    href: NotRequired[str]


class Tab(TypedDict):
    label: str
    url: str
    is_on: bool
    count: str | None


class Chip(Tab):
    icon: NotRequired[str]


class Crumb(TypedDict):
    label: str
    url: str


class MenuItem(TypedDict, total=False):
    label: str
    url: str
    icon: str
    danger: bool
    line: bool


class Event(TypedDict):
    title: NotRequired[str]
    text: NotRequired[str]
    about: NotRequired[str]
    meta: str
    time: str
    icon: str
    tone: str
    live: NotRequired[bool]


class Company(TypedDict):
    name: str
    inn: str
    status: str
    tone: str
    is_warm: bool
    owner: str
    branch: str
    phone: str
    last: str


class Person(TypedDict):
    name: str
    initials: str
    phase: str
    about: str
    time: str
    calls: int
    connected: int
    share: int
    share_text: str
    presence: Presence
