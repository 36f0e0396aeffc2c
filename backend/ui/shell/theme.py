"""Light, dark, or as the system says: a cookie, so that the first paint is right."""

from __future__ import annotations

from typing import TypedDict

from django.http import HttpRequest

COOKIE = "theme"
COOKIE_AGE_S = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")


class ThemeChoice(TypedDict):
    value: str
    label: str
    icon: str


CHOICES: tuple[ThemeChoice, ...] = (
    {"value": "light", "label": "Светлое", "icon": "sun"},
    {"value": "dark", "label": "Тёмное", "icon": "moon"},
    {"value": "auto", "label": "Как в системе", "icon": "monitor"},
)


def read_theme(request: HttpRequest) -> str:
    value = request.COOKIES.get(COOKIE, "auto")
    return value if value in THEMES else "auto"
