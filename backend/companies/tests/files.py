"""Small files for tests: true ones of each kind, and those that call themselves something else."""

from __future__ import annotations

import base64
import io
import struct
import warnings
import zipfile

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 40 + b"\xff\xd9"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 40
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" + b"\x00" * 40
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 40
M4A = b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42" + b"hdlr" + b"\x00" * 8 + b"soun" + b"\x00" * 40
VIDEO = M4A.replace(b"soun", b"vide")
OGG = b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead" + b"\x00" * 40


def archive(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        if first is not None:
            made.writestr(first[0], first[1])
        for name in names:
            made.writestr(name, b"<x/>")
    return out.getvalue()


def twice_named() -> bytes:
    """An archive of 64 KiB; the second part of one name unpacks to 64 MiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, warnings.catch_warnings(action="ignore"):
        made.writestr("mimetype", b"application/vnd.oasis.opendocument.text")
        made.writestr("mimetype", bytes(64 << 20), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def endless_table() -> bytes:
    """An OLE file of 80 KiB whose allocation table names its first sector fifteen thousand times."""
    more, size = 15, 4_096
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(22) + struct.pack("<HH", 12, 6) + bytes(34)
    head += struct.pack("<II", 1, more) + bytes(436)
    parts = [struct.pack("<1023I", *[0] * 1023) + struct.pack("<I", n + 2) for n in range(more)]
    return head.ljust(size, b"\0") + bytes(size) + b"".join(parts)


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
XLSM = archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin")
ODS = archive("content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"))
HIDDEN_MACROS = archive(
    "word/document.xml",
    first=("[Content_Types].xml", b'<Default ContentType="application/vnd.ms-office.vbaProject" Extension="dat"/>'),
)
JAR = archive("META-INF/MANIFEST.MF", "A.class")
ZIP = archive("план.txt")
HTML = b"<!DOCTYPE html><html><body><script>1</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 60

GOOD: tuple[tuple[str, bytes, str], ...] = (
    ("счёт.pdf", PDF, "application/pdf"),
    ("фото.JPG", JPEG, "image/jpeg"),
    ("снимок.png", PNG, "image/png"),
    ("снимок.webp", WEBP, "image/webp"),
    ("фото.heic", HEIC, "image/heic"),
    ("запись.mp3", MP3, "audio/mpeg"),
    ("запись.m4a", M4A, "audio/mp4"),
    ("запись.ogg", OGG, "audio/ogg"),
    ("запись.wav", WAV, "audio/wav"),
    ("письмо.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("прайс.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("прайс.ods", ODS, "application/vnd.oasis.opendocument.spreadsheet"),
    ("план.zip", ZIP, "application/zip"),
    ("заметки.txt", "Привет, как договорились".encode(), "text/plain"),
    ("старое.txt", "Привет".encode("cp1251"), "text/plain"),
    ("прайс.csv", "Товар;Цена\nДоска;100".encode(), "text/csv"),
)
BAD: tuple[tuple[str, bytes], ...] = (
    ("страница.html", HTML),
    ("счёт.pdf", HTML),
    ("рисунок.svg", SVG),
    ("рисунок.txt", SVG),
    ("данные.xml", b"<?xml version='1.0'?><a/>"),
    ("запуск.bat", b"del *.*"),
    ("запуск.txt", b"#!/bin/sh\nrm -rf /\n"),
    ("программа.pdf", EXE),
    ("книга.xlsm", XLSM),
    ("книга.xlsx", XLSM),
    ("письмо.docx", HIDDEN_MACROS),
    ("апплет.zip", JAR),
    ("ролик.m4a", VIDEO),
    ("фото.png", PNG + ZIP),
    ("фото.jpg", JPEG + HTML),
    ("счёт.pdf", PDF.replace(b"1 0 obj", b"<script>alert(1)</script>")),
    ("пусто.pdf", b""),
    ("мусор.pdf", bytes(range(256))),
    ("битый.zip", ZIP[:30] + b"\x00" * 20),
    ("невидимое.txt", b"a\x00b"),
)
