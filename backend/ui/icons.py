"""The icons that pages may name, and the sprite made of them."""

from __future__ import annotations

import re
from pathlib import Path

NAMES = """
archive arrow-down arrow-down-left arrow-left arrow-right arrow-right-left arrow-up arrow-up-right
bell briefcase building-2 calendar chart-column check chevron-down chevron-left chevron-right
chevrons-up-down circle-alert circle-check circle-help circle-x clock copy download ellipsis
external-link eye file-text flame funnel globe hash history house inbox info keyboard link loader
lock log-out mail map-pin menu message-square minus monitor moon palette pencil phone phone-call
phone-forwarded phone-incoming phone-missed phone-off phone-outgoing pin plus refresh-cw search
send settings shield sliders-horizontal smartphone snowflake sticky-note sun sun-moon tag timer
trash-2 triangle-alert upload user users wifi wifi-off x zap
"""
ICONS: tuple[str, ...] = tuple(NAMES.split())

SHAPE = re.compile(r"<svg[^>]*>(?P<shapes>.*)</svg>", re.DOTALL)
# Lucide renamed these; the short names stay ours.
RENAMED = {"circle-help": "circle-question-mark"}


def make_sprite(folder: Path) -> str:
    """One SVG with a `<symbol>` per name, from the folder of single Lucide icons."""
    symbols = []
    for name in ICONS:
        text = (folder / f"{RENAMED.get(name, name)}.svg").read_text(encoding="utf-8")
        found = SHAPE.search(text)
        if found is None:
            raise ValueError(f"{name}: no <svg> element in the source file")
        shapes = re.sub(r"\s*\n\s*", "", found["shapes"]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
