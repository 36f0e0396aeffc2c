"""The figures of components/kpi.html."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """Input of components/kpi.html."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    href: str = ""
