"""How large a file may be; every number is a setting (`IMPORT` in crm/settings.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIB = 1024 * 1024
# An unclosed quote swallows no more than this before the reader goes back to the next line.
MAX_RECORD = MIB
HEADER_ROWS = 20
PREVIEW_ROWS = 20
# Small archives may be squeezed harder than the ratio allows: they can do no harm.
RATIO_FREE_BYTES = MIB
# many times what a row needs; a slow machine is not the file's fault
ROW_MS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults are those of the settings; a test compares them."""

    file_mb: int = 50
    rows: int = 200_000
    columns: int = 200
    sheets: int = 50
    cell_chars: int = 32_767
    zip_entries: int = 2_000
    unzipped_mb: int = 300
    zip_ratio: int = 100
    memory_mb: int = 1536
    parse_s: int = 120

    @property
    def understanding_s(self) -> int:
        """Beside the parsing: what the rows may take until they are fields."""
        return self.rows * ROW_MS // 1000


def limits_of(numbers: Mapping[str, int]) -> Limits:
    """Limits from the numbers of `settings.IMPORT`."""
    return Limits(**numbers)
