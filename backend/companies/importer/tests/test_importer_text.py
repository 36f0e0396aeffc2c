"""Encodings, delimiters, quotes: what Excel, 1C and other programs call CSV."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from companies.importer import encodings, first_names, text
from companies.importer.errors import BadFile
from companies.importer.limits import MAX_RECORD, MIB
from companies.importer.tests import books

RUSSIAN = [
    ["Название", "ИНН", "Телефон"],
    ["ООО «Ромашка и партнёры»", books.INN, "8 (343) 123-45-67"],
    ["Торговый дом Северный ветер", "", "звонить после обеда"],
    ["ИП Щукина Юлия Эдуардовна", "", ""],
]


def read(path: Path) -> list[list[str]]:
    encoding = encodings.detect(path)
    lines = list(encodings.read_lines(path, encoding))
    return [record.cells for record in text.read_records(lines, text.guess_delimiter(lines))]


def records(source: str, delimiter: str = ";") -> list[text.Record]:
    lines = [(line, False) for line in source.splitlines(keepends=True)]
    return list(text.read_records(lines, delimiter))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "cp866", "koi8-r"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_every_encoding_and_delimiter_reads_the_same(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [[cell.translate({171: 34, 187: 34, 1105: "е"}).replace('"', "") for cell in row] for row in RUSSIAN]
    assert read(books.csv_file(tmp_path, rows, encoding=encoding, delimiter=delimiter)) == rows


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_one_russian_word_among_latin_is_enough(tmp_path: Path, encoding: str) -> None:
    rows = [["name", "inn"]] + [["abc", str(n)] for n in range(100)] + [["Ромашка", "1"]]
    assert read(books.csv_file(tmp_path, rows, encoding=encoding))[-1][0] == "Ромашка"


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_names_alone_tell_the_encoding(encoding: str) -> None:
    rnd = random.Random(44)  # noqa: S311 (a seed, not a secret)
    names = sorted(first_names.KNOWN)
    for _ in range(200):
        line = " ".join(rnd.choices(names, k=6))
        for written in (line, line.upper(), line.title()):
            sample = written.encode(encoding)
            shares = {
                name: encodings.russian_share(encodings.decode_line(sample, name)) for name in encodings.SINGLE_BYTE
            }
            assert max(shares, key=shares.__getitem__) == encoding, written


def test_utf16_without_the_mark_and_other_nul_bytes_are_no_table(tmp_path: Path) -> None:
    for content in ("Название;ИНН".encode("utf-16-le"), b"a;b\n1;\x00\n", "a;b".encode("utf-32")):
        path = books.raw_file(tmp_path, content)
        with pytest.raises(BadFile, match="Это не таблица"):
            list(encodings.read_lines(path, encodings.detect(path)))


def test_few_foreign_lines_in_utf8_are_read_as_cp1251_and_flagged(tmp_path: Path) -> None:
    good = "".join(f"Компания {n};1\n" for n in range(100)).encode()
    path = books.raw_file(tmp_path, good + "Ромашка;2\n".encode("cp1251") + good)
    found = encodings.detect(path)
    assert (found.name, found.mixed_lines) == (encodings.MIXED, 1)
    lines = list(encodings.read_lines(path, found))
    assert [line for line in lines if line[1]] == [("Ромашка;2\n", True)]
    [flagged] = [record for record in text.read_records(lines, ";") if record.faults]
    assert (flagged.cells, flagged.faults) == (["Ромашка", "2"], (text.MIXED_LINE,))


def test_with_many_foreign_lines_the_whole_file_is_one_of_the_old_encodings(tmp_path: Path) -> None:
    path = books.raw_file(tmp_path, "Компания;1\n".encode() * 9 + "Ромашка;2\n".encode("cp1251"))
    assert encodings.detect(path).name in encodings.SINGLE_BYTE


def test_byte_that_cp1251_does_not_define_is_kept() -> None:
    assert encodings.decode_line(b"\xd0\x98\xe0", "cp1251") == "Р\x98а"


def test_chosen_encoding_wins_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    path = books.raw_file(tmp_path, "Да".encode("cp866"))
    assert next(encodings.read_lines(path, encodings.named("cp866", path))) == ("Да", False)
    with pytest.raises(BadFile, match="кодировка"):
        encodings.named("utf-7", path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    path = books.raw_file(tmp_path, end.join(["a;b", '1;"x', 'y"', "3;4"]).encode())
    assert [[cell.replace(end, "|") for cell in row] for row in read(path)] == [["a", "b"], ["1", "x|y"], ["3", "4"]]


def test_lines_come_whole_wherever_the_blocks_are_cut() -> None:
    source = "Ромашка;1\r\n\nДа\rНет\n".encode()
    for size in range(1, len(source)):
        pieces = [source[i : i + size] for i in range(0, len(source), size)]
        joined = b"".join(encodings.split_lines(pieces))
        assert joined == source
        lines = list(encodings.split_lines(pieces))
        assert [line.decode() for line in lines] == ["Ромашка;1\r\n", "\n", "Да\r", "Нет\n"]


def test_line_longer_than_a_record_comes_in_whole_characters() -> None:
    source = "я".encode() * (MAX_RECORD + 7)
    pieces = list(encodings.split_lines([source[:MIB], source[MIB:]]))
    assert len(pieces) > 1
    assert "".join(piece.decode() for piece in pieces).encode() == source


def test_quotes_hold_delimiters_lines_and_quotes() -> None:
    [first, second] = records('"ООО ""Ромашка""; филиал";1\n"два\nряда";2\n')
    assert first.cells == ['ООО "Ромашка"; филиал', "1"]
    assert (second.number, second.cells) == (2, ["два\nряда", "2"])


def test_quotes_inside_an_unquoted_cell_are_text() -> None:
    assert records('ООО "Ромашка";="0277123456"\n')[0].cells == ['ООО "Ромашка"', '="0277123456"']


def test_quote_that_never_closes_spoils_its_own_line_only() -> None:
    found = records('a;b\n"плохо;1\n' + "x;y\n" * 5)
    assert [record.cells for record in found] == [["a", "b"], ['"плохо', "1"]] + [["x", "y"]] * 5
    assert [record.faults for record in found] == [(), (text.UNCLOSED,)] + [()] * 5
    assert [record.number for record in found] == list(range(1, 8))


def test_record_over_the_limit_is_given_up_and_reading_goes_on() -> None:
    line = "x;" + "y" * 1000 + "\n"
    lines = [('"плохо;1\n', False)] + [(line, False)] * 3000 + [('"хорошо";1\n', False)]
    found = list(text.read_records(iter(lines), ";"))
    assert found[0].faults == (text.UNCLOSED,)
    assert len(found) == 3002
    assert found[-1].cells == ["хорошо", "1"]


def test_line_over_the_limit_is_one_spoilt_record_and_reading_goes_on(tmp_path: Path) -> None:
    path = books.raw_file(tmp_path, b"a;b\n" + b"1;" * (2 * MIB) + b"\n3;4\n" + b"x" * (2 * MIB))
    encoding = encodings.detect(path)
    found = list(text.read_records(encodings.read_lines(path, encoding), ";"))
    assert [record.number for record in found] == [1, 2, 3, 4]
    assert [record.faults for record in found] == [(), (text.TOO_LONG,), (), (text.TOO_LONG,)]
    assert found[2].cells == ["3", "4"]


def test_many_broken_quotes_do_not_take_for_ever() -> None:
    lines = [('"a;1\n', False), ("b;2\n", False)] * 20_000 + [('"a;1\n', False)]
    assert sum(len(record.cells) for record in text.read_records(iter(lines), ";")) > 20_000


@pytest.mark.parametrize(
    ("source", "delimiter"),
    [
        ("a;b;c\n1;2;3\n", ";"),
        ("a,b\n1,2\n", ","),
        ("a;b,c\n1;2,3\n", ";"),
        ("a\tb\tc\n1,5\t2\t3\n", "\t"),
        ("a|b\n", "|"),
        ("one\ntwo\n", ";"),
        ('"a;b;c;d",1\n"e;f",2\n', ","),
        ("Фирма, г. Омск;1;2\nИП Ли;3;4\nООО, ЗАО;5;6\n", ";"),
    ],
)
def test_delimiter_is_the_one_with_most_columns_in_most_rows(source: str, delimiter: str) -> None:
    assert text.guess_delimiter([(line, False) for line in source.splitlines(keepends=True)]) == delimiter


def test_written_and_read_again_is_the_same() -> None:
    rnd = random.Random(45)  # noqa: S311 (a seed, not a secret)
    for _ in range(200):
        row = ["".join(rnd.choices('аяё "\n;,\t|=0', k=rnd.randrange(12))) for _ in range(rnd.randrange(1, 6))]
        source = ";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n"
        assert [record.cells for record in records(source)] == [row]
