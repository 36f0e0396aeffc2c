"""What the companies domain does by the clock."""

from __future__ import annotations

from companies.edits import deletion, requests


def tidy() -> int:
    """Empty the bin of old cards and end requests that nobody decides; returns how many rows it touched."""
    return deletion.purge_old() + requests.close_stale()
