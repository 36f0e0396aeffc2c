"""What the companies domain does by the clock."""

from __future__ import annotations

from companies.edits import deletion, requests
from companies.merging import upkeep as merging
from companies.notes import services as notes


def tidy() -> int:
    """Empty the bin of old cards, people and notes, end requests that nobody decides, forget old merges.

    Returns how many rows it touched.
    """
    binned = deletion.purge_old() + deletion.purge_people() + notes.purge_deleted()
    return binned + requests.close_stale() + merging.forget()


def sweep() -> int:
    """Late rows follow cards that were merged away; returns how many cards had some."""
    return merging.sweep()
