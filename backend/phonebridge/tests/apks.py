"""Small APK files for tests: a binary manifest, and a signing block around a certificate."""

from __future__ import annotations

import io
import struct
import zipfile

from phonebridge.services.builds import PACKAGE

NOTHING = 0xFFFFFFFF


def _pool(strings: list[str]) -> bytes:
    data, offsets = b"", []
    for text in strings:
        offsets.append(len(data))
        data += struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0"
    data += b"\0" * (-len(data) % 4)
    start = 28 + 4 * len(strings)
    head = struct.pack("<HHIIIIII", 0x0001, 28, start + len(data), len(strings), 0, 0, start, 0)
    return head + struct.pack(f"<{len(strings)}I", *offsets) + data


def manifest(package: str, version: str, code: int) -> bytes:
    strings = ["versionCode", "versionName", "package", "manifest", version, package]
    attributes = [(0, NOTHING, 0x10, code), (1, 4, 0x03, 4), (2, 5, 0x03, 5)]
    body = struct.pack("<IIIIHHHHHH", 1, NOTHING, NOTHING, 3, 20, 20, len(attributes), 0, 0, 0)
    for name, raw, kind, value in attributes:
        body += struct.pack("<IIIHBBI", NOTHING, name, raw, 8, 0, kind, value)
    element = struct.pack("<HHI", 0x0102, 16, 8 + len(body)) + body
    inner = _pool(strings) + element
    return struct.pack("<HHI", 0x0003, 8, 8 + len(inner)) + inner


def _sized(*parts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def make_apk(
    *, package: str = PACKAGE, version: str = "2.0.1", code: int = 7, certificate: bytes = b"DER", signed: bool = True
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("AndroidManifest.xml", manifest(package, version, code))
    data = out.getvalue()
    if not signed:
        return data
    end = data.rfind(b"PK\x05\x06")
    directory = struct.unpack_from("<I", data, end + 16)[0]
    signer = _sized(_sized(_sized(b"digests"), _sized(certificate)), b"signatures", b"key")
    value = _sized(_sized(signer))
    pair = struct.pack("<QI", 4 + len(value), 0x7109871A) + value
    size = len(pair) + 24
    block = struct.pack("<Q", size) + pair + struct.pack("<Q", size) + b"APK Sig Block 42"
    moved = data[:end] + data[end : end + 16] + struct.pack("<I", directory + len(block)) + data[end + 20 :]
    return moved[:directory] + block + moved[directory:]
