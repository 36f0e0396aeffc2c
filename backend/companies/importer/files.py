"""What a file is, by its content, and whether it may be opened at all. Nothing here parses a table."""

from __future__ import annotations

import hashlib
import lzma
import re
import stat
import zipfile
import zlib
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from companies.importer import ole
from companies.importer.errors import BadFile
from companies.importer.limits import MIB, RATIO_FREE_BYTES, Limits

BLOCK = 256 * 1024
HEAD_BYTES = 4_096
MANIFEST = "META-INF/manifest.xml"
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_OVERLAP = 64


class Kind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    TEXT = "text"


SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"RIFF", "image"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"{\\rtf", "rtf"),
)
OFFICE_PARTS = (
    ("xl/workbook.bin", "xlsb"),
    ("word/document.xml", "word"),
    ("ppt/presentation.xml", "slides"),
)
OLE_STREAMS = (
    ("EncryptedPackage", "password"),
    ("WordDocument", "word"),
    ("PowerPoint Document", "slides"),
)
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, OSError)
_HTML = re.compile(rb"<(!doctype html|html|head|body|table|meta|style)\b", re.IGNORECASE)
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)


def sha256_of(path: Path) -> str:
    """Names the content: a file replaced between the check and the run is noticed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: Path, limits: Limits) -> int:
    """Bytes of the file. Raises BadFile when it is not there, empty or too big."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise BadFile("missing") from error
    if not stat.S_ISREG(found.st_mode):
        raise BadFile("missing")
    if found.st_size == 0:
        raise BadFile("empty_file")
    if found.st_size > limits.file_mb * MIB:
        raise BadFile("too_big", limit=limits.file_mb)
    return found.st_size


def kind_of(path: Path, limits: Limits) -> Kind:
    """The kind by content. Archives are inflated and counted to the end first, so a parser may open what is left.

    Raises BadFile for what is not a table, is protected, damaged or a bomb.
    """
    size_of(path, limits)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(b"PK"):
            return _kind_of_archive(file, limits)
        if head.startswith(ole.MAGIC):
            return _kind_of_ole(file)
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> Kind:
    for mark, code in SIGNATURES:
        if head.startswith(mark):
            raise BadFile(code)
    start = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")
    if not start.startswith(b"<"):
        return Kind.TEXT
    if _HTML.search(start):
        raise BadFile("html")
    if start.startswith(b"<?xml"):
        raise BadFile("xml")
    return Kind.TEXT


def _kind_of_ole(file: BinaryIO) -> Kind:
    names = ole.stream_names(file)
    for name, code in OLE_STREAMS:
        if name in names:
            raise BadFile(code)
    if names & {"Workbook", "Book"}:
        return Kind.XLS
    raise BadFile("not_a_table" if names else "damaged")


def _kind_of_archive(file: BinaryIO, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(file) as archive:
            _check_entries(archive.infolist(), limits)
            kind = _table_in(archive)
            _inflate(archive, limits)
            return kind
    except DAMAGE as error:
        raise BadFile("damaged") from error


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.zip_entries:
        raise BadFile("zip_entries", limit=limits.zip_entries)
    for entry in entries:
        name = entry.orig_filename.replace("\\", "/")
        if ".." in PurePosixPath(name).parts or name.startswith("/") or "\x00" in name or ":" in name:
            raise BadFile("zip_names")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadFile("zip_names")
        if entry.flag_bits & 1:
            raise BadFile("password")


def _table_in(archive: zipfile.ZipFile) -> Kind:
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    for part, code in OFFICE_PARTS:
        if part in names:
            raise BadFile(code)
    if "mimetype" not in names:
        raise BadFile("archive")
    with archive.open("mimetype") as claim:
        written = claim.read(HEAD_BYTES).strip()
    if written == ODS_TYPE:
        _refuse_encrypted(archive)
        return Kind.ODS
    raise BadFile("odf_text" if b"opendocument" in written else "archive")


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    """Parts of a protected ODS look like damage; its manifest says what they are."""
    if MANIFEST in archive.namelist():
        with archive.open(MANIFEST) as part:
            if b"encryption-data" in part.read(MIB):
                raise BadFile("password")


def _inflate(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Inflate every part, counting what really comes out: the sizes in the directory are only claims."""
    total, packed = 0, _length(archive)
    most = min(limits.unzipped_mb * MIB, max(packed * limits.zip_ratio, RATIO_FREE_BYTES))
    for entry in archive.infolist():
        tail = b""
        with archive.open(entry) as part:
            while block := part.read(BLOCK):
                total += len(block)
                if total > most:
                    raise BadFile("zip_bomb")
                _refuse_declarations(entry.filename, tail + block)
                tail = block[-_OVERLAP:]


def _length(archive: zipfile.ZipFile) -> int:
    file = archive.fp
    assert file is not None  # noqa: S101 (an open archive has its file)
    file.seek(0, 2)
    return file.tell()


def _refuse_declarations(name: str, block: bytes) -> None:
    """No part of a workbook needs a DTD; entities are how a small XML grows without end or reads other files."""
    if name.lower().endswith((".xml", ".rels", ".vml")) and any(word in block for word in _DECLARATIONS):
        raise BadFile("xml_entities")
