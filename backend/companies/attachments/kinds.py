"""What a file is, by its content: the names of files say nothing that can be trusted.

The library knows the signatures; every kind has a check of its own after it, because a signature alone lets
through macros, programs in archives, pages that call themselves something else and two files in one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import puremagic

from common.errors import DomainError
from companies.importer.ole import stream_names

HEAD_BYTES = 4_096
TAIL_BYTES = 1_024
MAX_ENTRIES = 10_000
PART_BYTES = 256 * 1024
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
OPEN: Final = "application/vnd.oasis.opendocument"
# a page, a drawing or a script, wherever a browser would begin to look for one
_PAGE = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|\?php)\b|<\?xml-stylesheet", re.I)
_MARKUP = re.compile(rb"\s*(<[a-z!?/]|#!|MIME-Version:|%!PS|\{\\rtf)", re.I)
_HANDLER = re.compile(rb"hdlr.{8}(vide|soun)", re.S)
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13} | {127})


class BadFile(DomainError):
    """A file that is not kept; nothing of it stays on the server."""

    code = "bad_file"


def refused() -> BadFile:
    return BadFile("Такой файл прикрепить нельзя.")


@dataclass(frozen=True, slots=True)
class Kind:
    """`ext` is the name's ending, without a dot; a name with another of `also` keeps it."""

    ext: str
    content_type: str
    also: tuple[str, ...] = ()
    is_picture: bool = False

    def fits(self, ext: str) -> bool:
        return ext == self.ext or ext in self.also


PDF: Final = Kind("pdf", "application/pdf")
JPEG: Final = Kind("jpg", "image/jpeg", ("jpeg", "jpe", "jfif"), is_picture=True)
PNG: Final = Kind("png", "image/png", is_picture=True)
WEBP: Final = Kind("webp", "image/webp", is_picture=True)
HEIC: Final = Kind("heic", "image/heic", ("heif",))
MP3: Final = Kind("mp3", "audio/mpeg")
OGG: Final = Kind("ogg", "audio/ogg", ("oga", "opus"))
M4A: Final = Kind("m4a", "audio/mp4", ("mp4",))
WAV: Final = Kind("wav", "audio/wav", ("wave",))
ZIP: Final = Kind("zip", "application/zip")
DOCX: Final = Kind("docx", f"{OFFICE}.wordprocessingml.document")
XLSX: Final = Kind("xlsx", f"{OFFICE}.spreadsheetml.sheet")
PPTX: Final = Kind("pptx", f"{OFFICE}.presentationml.presentation")
ODT: Final = Kind("odt", f"{OPEN}.text")
ODS: Final = Kind("ods", f"{OPEN}.spreadsheet")
DOC: Final = Kind("doc", "application/msword", ("dot",))
XLS: Final = Kind("xls", "application/vnd.ms-excel", ("xlt",))
TXT: Final = Kind("txt", "text/plain", ("log", "md", "text"))
CSV: Final = Kind("csv", "text/csv", ("tsv",))
PICTURES: Final = frozenset(kind.content_type for kind in (JPEG, PNG, WEBP))


def sniff(path: Path, name: str) -> Kind:
    """The kind of the file, with `name` deciding between texts only. Raises BadFile for all that is not kept."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
        if not head:
            raise BadFile("Файл пуст.")
        kind = _binary(file, head, tail)
    return kind or _text(path, head, name)


def _binary(file: BinaryIO, head: bytes, tail: bytes) -> Kind | None:
    """None for what has no signature: text, or nothing that is known."""
    for signs, look in TABLE:
        if _signs(head) & signs:
            kind = look(file, head)
            if kind is None:
                continue
            if kind not in CONTAINERS and _is_two_files(file, head, tail):
                raise refused()
            return kind
    return None


def _is_two_files(file: BinaryIO, head: bytes, tail: bytes) -> bool:
    """A picture or a document with a page in it or an archive glued to its end."""
    has_page = _PAGE.search(head[:TAIL_BYTES]) or _PAGE.search(tail)
    return bool(has_page) or zipfile.is_zipfile(file)


def _signs(head: bytes) -> set[str]:
    try:
        return {match.extension for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _pdf(file: BinaryIO, head: bytes) -> Kind | None:
    return PDF if head.startswith(b"%PDF-") else None


def _jpeg(file: BinaryIO, head: bytes) -> Kind | None:
    return JPEG if head.startswith(b"\xff\xd8\xff") else None


def _png(file: BinaryIO, head: bytes) -> Kind | None:
    return PNG if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" else None


def _riff(file: BinaryIO, head: bytes) -> Kind | None:
    return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12]) if head.startswith(b"RIFF") else None


def _boxes(file: BinaryIO, head: bytes) -> Kind | None:
    """ISO media: a photo of a phone, or sound without a picture."""
    if head[4:8] != b"ftyp":
        return None
    if head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis"}:
        return HEIC
    file.seek(0)
    handlers = set(_HANDLER.findall(file.read()))
    return M4A if handlers == {b"soun"} else None


def _mp3(file: BinaryIO, head: bytes) -> Kind | None:
    is_frame = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in {0, 15}
    return MP3 if head.startswith(b"ID3") or is_frame else None


def _ogg(file: BinaryIO, head: bytes) -> Kind | None:
    is_sound = any(mark in head[:512] for mark in (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC"))
    return OGG if head.startswith(b"OggS") and is_sound else None


def _ole(file: BinaryIO, head: bytes) -> Kind | None:
    names = stream_names(file)
    if names & {"VBA", "Macros", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "EncryptedPackage", "\x01Ole10Native"}:
        raise BadFile("Документ с макросами или под паролем прикрепить нельзя.")
    if "WordDocument" in names:
        return DOC
    return XLS if names & {"Workbook", "Book"} else None


def _zip(file: BinaryIO, head: bytes) -> Kind | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            mime = _mimetype(archive)
            types = _start_of(archive, "[Content_Types].xml")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise BadFile("Архив повреждён.") from error
    if len(names) > MAX_ENTRIES:
        raise BadFile("В архиве слишком много файлов.")
    lower = {name.lower() for name in names}
    if _has_macros(lower) or b"macroenabled" in types.lower() or b"vbaproject" in types.lower():
        raise BadFile("Документ с макросами прикрепить нельзя.")
    if lower & {"meta-inf/manifest.mf", "androidmanifest.xml", "[trash]/0000.dat"}:
        raise refused()
    return _office(lower, mime)


def _mimetype(archive: zipfile.ZipFile) -> str:
    """Small and stored as it is, as OpenDocument says; '' for anything else."""
    found = next((info for info in archive.infolist() if info.filename == "mimetype"), None)
    if found is None or found.compress_type != zipfile.ZIP_STORED or found.file_size > 120:
        return ""
    return _start_of(archive, found).decode("ascii", "replace")


def _start_of(archive: zipfile.ZipFile, part: str | zipfile.ZipInfo) -> bytes:
    """The first bytes of a part, never all that it may unpack to; a name may stand there twice."""
    if isinstance(part, str) and part not in archive.NameToInfo:
        return b""
    with archive.open(part) as file:
        return file.read(PART_BYTES)


def _has_macros(names: set[str]) -> bool:
    return any(
        name.endswith(("vbaproject.bin", "vbadata.xml")) or name.startswith(("basic/", "scripts/", "xl/macrosheets/"))
        for name in names
    )


def _office(names: set[str], mime: str) -> Kind:
    for kind in (ODT, ODS):
        if mime == kind.content_type:
            return kind
    if "[content_types].xml" in names:
        for part, kind in (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX)):
            if part in names:
                return kind
    return ZIP


def _text(path: Path, head: bytes, name: str) -> Kind:
    """Plain text by all its bytes: UTF-8, UTF-16 with a mark, or cp1251; never a page, a drawing or a script."""
    ext = ending(name)
    kind = next((kind for kind in (CSV, TXT) if kind.fits(ext)), None if ext else TXT)
    whole = path.read_bytes()
    if whole.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            whole = whole.decode("utf-16").encode()
        except UnicodeDecodeError:
            raise refused() from None
    plain = whole.removeprefix(b"\xef\xbb\xbf")
    if kind is None or _signs(head) & PROGRAMS or len(plain.translate(None, _CONTROL)) != len(plain):
        raise refused()
    if _MARKUP.match(plain) or _PAGE.search(plain):
        raise refused()
    return kind


def ending(name: str) -> str:
    """The letters after the last dot, lower case; '' without a dot."""
    _, dot, ext = name.rpartition(".")
    return ext.lower() if dot and len(ext) <= 10 else ""


type Look = Callable[[BinaryIO, bytes], Kind | None]
PROGRAMS: Final = frozenset({".exe", ".dll", ".sys", ".elf", ".class", ".msi", ".lnk", ".chm", ".swf", ".rtf"})
# these may hold other files
CONTAINERS: Final = frozenset({ZIP, DOCX, XLSX, PPTX, ODT, ODS, DOC, XLS})
# signatures by the library's names → the check that has the last word
TABLE: Final[tuple[tuple[frozenset[str], Look], ...]] = (
    (frozenset({".pdf"}), _pdf),
    (frozenset({".jpg", ".jpeg", ".jfif"}), _jpeg),
    (frozenset({".png"}), _png),
    (frozenset({".webp", ".wav"}), _riff),
    (frozenset({".heic", ".heif", ".m4a", ".mp4", ".f4a", ".3gp", ".mov"}), _boxes),
    (frozenset({".mp3", ".mp1", ".mp2", ".koz"}), _mp3),
    (frozenset({".ogg", ".opus", ".oga"}), _ogg),
    (frozenset({".doc", ".xls"}), _ole),
    (frozenset({".docx", ".zip"}), _zip),
)
