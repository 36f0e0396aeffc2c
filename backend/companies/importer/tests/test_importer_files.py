"""What a file is, by content; what is refused and with which words; bombs are counted while they inflate."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from companies.importer.errors import SENTENCES, BadFile
from companies.importer.files import Kind, kind_of, sha256_of, size_of
from companies.importer.limits import MIB, Limits
from companies.importer.tests import books

LIMITS = Limits()
XLS = Path(__file__).with_name("book.xls")


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(BadFile) as caught:
        kind_of(path, limits)
    assert caught.value.detail == SENTENCES[caught.value.code].format(**caught.value.numbers)
    return caught.value.code


def test_kinds_by_content_whatever_the_name(tmp_path: Path) -> None:
    assert kind_of(books.book(tmp_path, [books.HEAD]), LIMITS) is Kind.XLSX
    assert kind_of(books.ods(tmp_path, books.ods_rows([books.HEAD])), LIMITS) is Kind.ODS
    assert kind_of(XLS, LIMITS) is Kind.XLS
    assert kind_of(books.csv_file(tmp_path, [books.HEAD]), LIMITS) is Kind.TEXT


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"GIF89a", "image"),
        (b"Rar!\x1a\x07", "archive"),
        (b"\x1f\x8b\x08", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\xef\xbb\xbf  <html><table><tr><td>1", "html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "xml"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
    ],
)
def test_what_is_not_a_table_is_told_in_words(tmp_path: Path, head: bytes, code: str) -> None:
    assert refusal(books.raw_file(tmp_path, head)) == code


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        (["EncryptionInfo", "EncryptedPackage"], "password"),
        (["WordDocument"], "word"),
        (["PowerPoint Document"], "slides"),
        (["Contents"], "not_a_table"),
    ],
)
def test_ole_containers(tmp_path: Path, streams: list[str], code: str) -> None:
    assert refusal(books.ole(tmp_path, *streams)) == code


def test_password_is_told_as_written(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"^Файл защищён паролем\. Сохраните без пароля\.$"):
        kind_of(books.ole(tmp_path, "EncryptedPackage"), LIMITS)


def test_directory_of_ole_that_runs_in_a_circle_ends(tmp_path: Path) -> None:
    path = books.ole(tmp_path, "Contents")
    content = bytearray(path.read_bytes())
    content[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")  # the directory's next sector is itself
    assert refusal(books.raw_file(tmp_path, bytes(content))) == "not_a_table"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"word/document.xml": b"<w/>"}, "word"),
        ({"ppt/presentation.xml": b"<p/>"}, "slides"),
        ({"xl/workbook.bin": b"x"}, "xlsb"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<o/>"}, "odf_text"),
        ({"mimetype": b"application/epub+zip"}, "archive"),
        ({"table.csv": b"a;b"}, "archive"),
    ],
)
def test_other_archives(tmp_path: Path, parts: dict[str, bytes], code: str) -> None:
    assert refusal(books.zip_file(tmp_path, parts)) == code


def test_size_is_refused_before_reading(tmp_path: Path) -> None:
    small = replace(LIMITS, file_mb=1)
    path = books.raw_file(tmp_path, b"x" * (MIB + 1))
    assert refusal(path, small) == "too_big"
    assert size_of(path, LIMITS) == MIB + 1
    with pytest.raises(BadFile, match="не найден"):
        size_of(tmp_path / "gone", LIMITS)
    with pytest.raises(BadFile, match="не найден"):
        size_of(tmp_path, LIMITS)


def test_sha256_names_the_content(tmp_path: Path) -> None:
    assert sha256_of(books.raw_file(tmp_path, b"abc")).startswith("ba7816bf")


def test_bomb_is_stopped_by_the_ratio_and_by_the_sum(tmp_path: Path) -> None:
    sheet = {"xl/workbook.xml": b"<w/>", "xl/worksheets/sheet1.xml": b" " * (20 * MIB)}
    assert refusal(books.zip_file(tmp_path, sheet)) == "zip_bomb"
    loose = replace(LIMITS, zip_ratio=100_000)
    assert kind_of(books.zip_file(tmp_path, sheet), loose) is Kind.XLSX
    assert refusal(books.zip_file(tmp_path, sheet), replace(loose, unzipped_mb=19)) == "zip_bomb"


def test_bomb_that_lies_about_its_size_is_counted_by_what_comes_out(tmp_path: Path) -> None:
    path = books.zip_file(tmp_path, {"xl/workbook.xml": b"<w/>", "xl/media/a.bin": b"\x00" * (20 * MIB)})
    content = path.read_bytes().replace((20 * MIB).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    assert refusal(books.raw_file(tmp_path, content)) in {"zip_bomb", "damaged"}


def test_too_many_entries(tmp_path: Path) -> None:
    parts = {"xl/workbook.xml": b"<w/>"} | {f"xl/{n}.xml": b"" for n in range(2_000)}
    assert refusal(books.zip_file(tmp_path, parts)) == "zip_entries"


@pytest.mark.parametrize("name", ["../x.xml", "xl/../../x.xml", "/etc/passwd", "..\\x.xml", "C:/x.xml"])
def test_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    assert refusal(books.zip_file(tmp_path, {"xl/workbook.xml": b"<w/>", name: b"x"})) == "zip_names"


def test_symbolic_link_in_the_archive(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<w/>")
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal(books.raw_file(tmp_path, buffer.getvalue())) == "zip_names"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_entities_and_document_types_are_refused(tmp_path: Path, encoding: str) -> None:
    bomb = '<?xml version="1.0"?>' + " " * 300_000 + '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    parts = {"xl/workbook.xml": b"<w/>", "xl/sharedStrings.xml": bomb.encode(encoding)}
    assert refusal(books.zip_file(tmp_path, parts)) == "xml_entities"


def test_encrypted_entry_of_an_archive(tmp_path: Path) -> None:
    content = bytearray(books.zip_file(tmp_path, {"xl/workbook.xml": b"<w/>"}).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    assert refusal(books.raw_file(tmp_path, bytes(content))) == "password"


def test_spoilt_bytes_never_break_the_look(tmp_path: Path) -> None:
    rnd = random.Random(39)  # noqa: S311 (a seed, not a secret)
    for whole in (books.book(tmp_path, [books.HEAD, books.ROW]).read_bytes(), XLS.read_bytes()):
        for _ in range(300):
            content = bytearray(whole[: rnd.randrange(16, len(whole))] if rnd.random() < 0.3 else whole)
            for _ in range(rnd.randrange(1, 20)):
                content[rnd.randrange(8, len(content))] = rnd.randrange(256)
            try:
                assert kind_of(books.raw_file(tmp_path, bytes(content)), LIMITS) in Kind
            except BadFile as refused:
                assert refused.code in SENTENCES


def test_cut_and_spoilt_workbooks_are_damaged(tmp_path: Path) -> None:
    whole = books.book(tmp_path, [books.HEAD, books.ROW]).read_bytes()
    assert refusal(books.raw_file(tmp_path, whole[: len(whole) // 2])) == "damaged"
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    assert refusal(books.raw_file(tmp_path, whole[:at] + b"\x55" * 40 + whole[at + 40 :])) == "damaged"
