"""What the companies domain does by the clock."""

from __future__ import annotations

from companies.edits import deletion, requests
from companies.merging import upkeep as merging


def tidy() -> int:
    """Empty the bin of old cards and people, end requests that nobody decides, forget old merges.

    Returns how many rows it touched.
    """
    return deletion.purge_old() + deletion.purge_people() + requests.close_stale() + merging.forget()


def sweep() -> int:
    """Late rows follow cards that were merged away; returns how many cards had some."""
    return merging.sweep()
