"""What an APK says of itself, read without Android's tools: its manifest and the certificate it is signed with.

The file's structure is checked, its signature over the bytes is not: that is what the phone does when it installs.
Formats: Android binary XML (ResourceTypes.h), APK Signature Scheme v2 and v3 (source.android.com).
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from common.errors import DomainError

MANIFEST = "AndroidManifest.xml"
MOST_MANIFEST = 1 << 20
MOST_BLOCK = 4 << 20
MAGIC = b"APK Sig Block 42"
SCHEMES = (0x1B93AD61, 0xF05368C0, 0x7109871A)  # v3.1, v3, v2
POOL, ELEMENT, UTF8, STRING, INTEGER = 0x0001, 0x0102, 1 << 8, 0x03, 0x10
# what the readers of archives and of numbers say of bytes that are not what they seem
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, IndexError, EOFError, NotImplementedError, OSError, ValueError,
)  # fmt: skip
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_ATTRIBUTES, LONGEST_STRING = 100, 500
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,39}")
PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}")
LARGEST_CODE = 2**31 - 1
_TAIL = 65_557  # the end record with its longest comment


class BadApk(DomainError):
    code = "bad_apk"


@dataclass(frozen=True, slots=True)
class ApkFacts:
    """`signer` is the SHA-256 of the first certificate, in hexadecimal digits."""

    package: str
    version: str
    version_code: int
    signer: str


def read_apk(file: BinaryIO) -> ApkFacts:
    """Raises BadApk with a sentence for people."""
    try:
        facts = _manifest(_manifest_bytes(file))
        return ApkFacts(*facts, signer=_signer(file))
    except BROKEN as error:
        raise BadApk("Это не APK или файл повреждён.") from error


def _manifest_bytes(file: BinaryIO) -> bytes:
    with zipfile.ZipFile(file) as archive:
        try:
            entry = archive.getinfo(MANIFEST)
        except KeyError:
            raise BadApk("В файле нет манифеста Android: это не APK.") from None
        if entry.file_size > MOST_MANIFEST or entry.flag_bits & 1 or entry.compress_type not in PACKINGS:
            raise BadApk("Манифест в файле неправдоподобно велик, зашифрован или упакован не так, как у Android.")
        with archive.open(entry) as part:
            return part.read(MOST_MANIFEST)


def _manifest(data: bytes) -> tuple[str, str, int]:
    """Package, version and its number: the attributes of the first element."""
    place, strings = struct.unpack_from("<H", data, 2)[0], _Strings()
    while place + 8 <= len(data):
        kind, head, size = struct.unpack_from("<HHI", data, place)
        if size < 8:
            break
        if kind == POOL:
            strings = _Strings(data, place)
        elif kind == ELEMENT:
            return _attributes(data, place + head, strings)
        place += size
    raise BadApk("Манифест в файле не читается.")


class _Strings:
    """The pool of the manifest's texts; each is read when it is asked for: many may point at one long text."""

    def __init__(self, data: bytes = b"", place: int = 0) -> None:
        self.data, self.offsets, self.start, self.is_utf8 = data, (), 0, True
        if data:
            head = struct.unpack_from("<H", data, place + 2)[0]
            count, _, flags, start = struct.unpack_from("<IIII", data, place + 8)
            self.offsets = struct.unpack_from(f"<{min(count, 10_000)}I", data, place + head)
            self.start, self.is_utf8 = place + start, bool(flags & UTF8)

    def __getitem__(self, n: int) -> str:
        read = _utf8 if self.is_utf8 else _utf16
        return read(self.data, self.start + self.offsets[n])


def _utf8(data: bytes, place: int) -> str:
    place += 2 if data[place] & 0x80 else 1
    length = data[place]
    if length & 0x80:
        length, place = ((length & 0x7F) << 8) | data[place + 1], place + 1
    return data[place + 1 : place + 1 + min(length, LONGEST_STRING)].decode("utf-8", "replace")


def _utf16(data: bytes, place: int) -> str:
    length = struct.unpack_from("<H", data, place)[0]
    return data[place + 2 : place + 2 + 2 * min(length, LONGEST_STRING)].decode("utf-16-le", "replace")


def _attributes(data: bytes, place: int, strings: _Strings) -> tuple[str, str, int]:
    _, name, start, size, count = struct.unpack_from("<IIHHH", data, place)
    if strings[name] != "manifest":
        raise BadApk("Манифест в файле не читается.")
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for n in range(min(count, MOST_ATTRIBUTES)):
        _, key, _, _, _, kind, value = struct.unpack_from("<IIIHBBI", data, place + start + n * size)
        if kind == STRING:
            texts[strings[key]] = strings[value]
        elif kind == INTEGER:
            numbers[strings[key]] = value
    package, version, code = texts.get("package", ""), texts.get("versionName", ""), numbers.get("versionCode", 0)
    if not package or not version or not code:
        raise BadApk("В манифесте нет имени пакета или версии.")
    if not PACKAGE.fullmatch(package) or not VERSION.fullmatch(version) or code > LARGEST_CODE:
        raise BadApk("Имя пакета или версия в манифесте записаны не так, как их пишет Android.")
    return package, version, code


def _signer(file: BinaryIO) -> str:
    """The certificate that stands first in the newest signing scheme of the file."""
    end = file.seek(0, 2)
    file.seek(max(end - _TAIL, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    directory = struct.unpack_from("<I", tail, at + 16)[0]
    file.seek(max(directory - 24, 0))
    size, magic = struct.unpack("<Q16s", file.read(24))
    if magic != MAGIC or not 24 <= size <= MOST_BLOCK or size + 8 > directory:
        raise BadApk("Файл не подписан (нужна подпись APK v2 или новее).")
    file.seek(directory - size)
    schemes = _pairs(file.read(size - 24))
    found = next((schemes[scheme] for scheme in SCHEMES if scheme in schemes), None)
    if found is None:
        raise BadApk("Файл не подписан (нужна подпись APK v2 или новее).")
    signed = _first(_first(_first(found)))
    certificates = signed[4 + struct.unpack_from("<I", signed)[0] :]
    return hashlib.sha256(_first(_first(certificates))).hexdigest()


def _pairs(block: bytes) -> dict[int, bytes]:
    found, place = {}, 0
    while place + 12 <= len(block):
        length, scheme = struct.unpack_from("<QI", block, place)
        found[scheme] = block[place + 12 : place + 8 + length]
        place += 8 + length
    return found


def _first(data: bytes) -> bytes:
    """The first part of a sequence whose parts begin with their lengths."""
    length = struct.unpack_from("<I", data)[0]
    if length > len(data) - 4:
        raise EOFError
    return data[4 : 4 + length]
