"""The collector of reference cycles steps aside while many rows are made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """For one bounded portion of work: what it makes is collected right after it.

    Thousands of live rows make the collector look through the whole process again and again and find nothing; in an
    import that was a quarter of the time. Whoever is still alive afterwards is out of its sight for long, so nothing
    of the portion should outlive the block.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
            gc.collect(0)  # what was made in the block, and no more
