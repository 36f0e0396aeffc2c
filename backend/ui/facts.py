"""One line of components/facts.html."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """`tone` makes the value a pill, `href` a link, `edit` the address of its form; an empty value shows a dash."""

    label: str
    value: str
    sub: str = ""
    href: str = ""
    tone: str = ""
    edit: str = ""
