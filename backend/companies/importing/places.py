"""Where the cards of an import stand: in an import of its own, where they are (see `unseen` for a trial)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from companies.models import Company, Contact

if TYPE_CHECKING:
    from companies.importing.match import Known

SOURCE = "import"


class InPlace:
    """Rows are read, locked, changed and stored as what they are; `source` is that of outer numbers."""

    source = SOURCE
    is_trial = False

    def begin(self) -> None:
        """A chunk begins; one that failed before it has left nothing."""

    def keep(self) -> None:
        """A chunk has ended well."""

    def known(self, pk: int) -> int:
        """The card that this one stands for; itself for any other."""
        return pk

    def person(self, pk: int) -> int:
        """The same of people."""
        return pk

    def place(self, pk: int) -> int:
        """Where a card is written."""
        return pk

    def settle(self, cards: dict[int, Known]) -> None:
        """Put what stands for a card in its place."""

    def stand_for(self, cards: Iterable[Company]) -> list[Company]:
        """The cards as the import has left them; `cards` were read by the numbers of `place`."""
        return list(cards)

    def hide(self, cards: Iterable[Company]) -> None:
        """New cards, before they are stored."""

    def cover(self, cards: Iterable[Company]) -> None:
        """Cards that are there and are about to change."""

    def cover_people(self, people: Iterable[Contact]) -> None:
        """The same of people who are about to get numbers."""

    def hold(self, rows: Iterable[Any]) -> None:
        """New rows, before they are stored: what they hang on."""
