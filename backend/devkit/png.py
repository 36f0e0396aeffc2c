"""A PNG as Chromium writes it, packed tighter without a change of any point."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # colour types of the format: RGB, RGBA


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


# what the filters of the format add, by their number: from the bytes to the left, above, and in the corner
FILTERS: dict[int, Callable[[int, int, int], int]] = {
    1: lambda left, up, corner: left,
    2: lambda left, up, corner: up,
    3: lambda left, up, corner: (left + up) // 2,
    4: _paeth,
}


def _rows(raw: bytes, stride: int, step: int) -> Iterator[bytes]:
    """The rows without their filters."""
    above = bytes(stride)
    for at in range(0, len(raw), stride + 1):
        line, added = bytearray(raw[at + 1 : at + 1 + stride]), FILTERS.get(raw[at])
        if added is not None:
            for i in range(stride):
                left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
                line[i] = (line[i] + added(left, above[i], corner)) & 255
        above = bytes(line)
        yield above


def pack(data: bytes) -> bytes:
    """The same picture; flat surfaces and letters pack best without filters. Eight bits a channel, not interlaced."""
    found = list(_chunks(data))
    head = found[0][1]
    width, _, depth, colours, _, _, interlace = struct.unpack(">IIBBBBB", head)
    if depth != 8 or interlace or colours not in CHANNELS:
        return data
    step = CHANNELS[colours]
    raw = zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT"))
    plain = b"".join(b"\0" + row for row in _rows(raw, width * step, step))
    packed = zlib.compress(plain, 9)
    made = SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    return min(data, made, key=len)
