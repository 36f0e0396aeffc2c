"""Pictures packed tighter keep every point."""

from __future__ import annotations

import struct
import zlib

from devkit import png

WIDTH, HEIGHT = 40, 25
ROWS = [bytes((x * y * c) % 251 for x in range(WIDTH) for c in (1, 2, 3)) for y in range(HEIGHT)]


def _nothing(left: int, up: int, corner: int) -> int:
    return 0


def _filtered(kind: int) -> bytes:
    """The rows as a PNG whose every row has this filter."""
    above, lines = bytes(WIDTH * 3), []
    for row in ROWS:
        add = png.FILTERS.get(kind, _nothing)
        before = [(row[i - 3], above[i], above[i - 3]) if i >= 3 else (0, above[i], 0) for i in range(len(row))]
        lines.append(bytes([kind]) + bytes((v - add(*b)) & 255 for v, b in zip(row, before, strict=True)))
        above = row
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(lines), 0)
    return png.SIGNATURE + png._chunk(b"IHDR", head) + png._chunk(b"IDAT", body) + png._chunk(b"IEND", b"")


def test_every_filter_gives_the_same_points() -> None:
    for kind in range(5):
        data = _filtered(kind)
        made = png.pack(data)
        assert len(made) < len(data)
        raw = zlib.decompress(next(body for name, body in png._chunks(made) if name == b"IDAT"))
        assert raw == b"".join(b"\0" + row for row in ROWS), kind
