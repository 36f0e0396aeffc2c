"""Two cards become one, and two again: policies of what hangs on a card, plan, merge, undo, sweep."""

from companies.merging.addresses import resolve

__all__ = ["resolve"]
