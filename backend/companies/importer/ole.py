"""An OLE container (XLS, DOC, protected XLSX): names of its streams, and one of them as bytes."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_BYTES = 512
ENTRY_BYTES = 128
SECTOR_POWERS = frozenset({9, 12})
FIRST_SPECIAL = 0xFFFFFFFA
NUMBERS_AT = 76  # the first 109 sectors of the allocation table are named here
SMALL_BYTES = 4_096  # shorter streams live in the small sectors of the root entry
SMALL_SECTOR = 64


class DamagedContainer(ValueError):
    """The container does not hold together."""


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    start: int
    size_bytes: int


class Container:
    """Raises DamagedContainer for what is no container."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            raise DamagedContainer
        power, small_power = struct.unpack_from("<HH", header, 30)
        if power not in SECTOR_POWERS or 1 << small_power != SMALL_SECTOR:
            raise DamagedContainer
        self._size = 1 << power
        self._table = self._allocation(header)
        directory, self._small_start = struct.unpack_from("<I8xI", header, 48)
        self.entries = list(_entries(self._stream(directory)))

    def _sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._size)
        return self._file.read(self._size)

    def _allocation(self, header: bytes) -> array[int]:
        """Which sector follows which. Sectors beyond the first 109 of the table are named in sectors of their own.

        The table tells of the sectors of this file and no more, however often it names one sector.
        """
        numbers = list(struct.unpack_from("<109I", header, NUMBERS_AT))
        following, count = struct.unpack_from("<II", header, 68)
        seen: set[int] = set()
        while following < FIRST_SPECIAL and following not in seen and len(seen) < count:
            seen.add(following)
            *more, following = _numbers(self._sector(following)) or [FIRST_SPECIAL]
            numbers += more
        table = array("I")
        most = self._file.seek(0, SEEK_END) // self._size
        for number in numbers:
            if len(table) >= most:
                break
            if number < FIRST_SPECIAL:
                table.extend(_numbers(self._sector(number)))
        return table

    def _stream(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in _chain(self._table, start))

    def read(self, name: str) -> bytes:
        """The stream of this name; b'' when there is none."""
        found = next((entry for entry in self.entries if entry.name == name), None)
        if found is None:
            return b""
        if found.size_bytes >= SMALL_BYTES:
            return self._stream(found.start)[: found.size_bytes]
        small = self._stream(self.entries[0].start)
        table = array("I", _numbers(self._stream(self._small_start)))
        parts = (small[n * SMALL_SECTOR : (n + 1) * SMALL_SECTOR] for n in _chain(table, found.start))
        return b"".join(parts)[: found.size_bytes]


def stream_names(file: BinaryIO) -> set[str]:
    """Names of streams and storages; an empty set when the container is damaged."""
    try:
        return {entry.name for entry in Container(file).entries}
    except DamagedContainer:
        return set()


def _numbers(block: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4]))


def _chain(table: array[int], start: int) -> Iterator[int]:
    """Sectors one after the other; a chain that bites its tail ends there."""
    seen: set[int] = set()
    while start < len(table) and start not in seen:
        seen.add(start)
        yield start
        start = table[start]


def _entries(directory: bytes) -> Iterator[Entry]:
    for at in range(0, len(directory) - ENTRY_BYTES + 1, ENTRY_BYTES):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        start, size = struct.unpack_from("<II", directory, at + 116)
        if 2 < length <= 64:
            yield Entry(directory[at : at + length - 2].decode("utf-16-le", "replace"), start, size)
