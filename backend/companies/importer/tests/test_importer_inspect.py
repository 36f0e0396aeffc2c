"""The look at a file before anything is read: kind, sheets, header, columns, first rows, warnings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import LazySettings

from companies.importer.errors import BadFile
from companies.importer.rows import Overrides, inspect, load_plan, read_rows
from companies.importer.tests import books
from companies.importer.tests.books import HEAD, ROW

XLS = Path(__file__).with_name("book.xls")


def refusal(path: Path, overrides: Overrides | None = None) -> BadFile:
    with pytest.raises(BadFile) as caught:
        inspect(path, overrides=overrides)
    return caught.value


def test_csv_of_russian_excel(tmp_path: Path) -> None:
    path = books.csv_file(tmp_path, [HEAD, ROW, [""] * 6, ROW], encoding="cp1251")
    found = inspect(path)
    assert (found.kind, found.encoding, found.delimiter, found.sheets) == ("text", "cp1251", ";", ())
    assert (found.header_row, found.rows_count, found.blank_rows) == (1, 2, 1)
    assert [column.title for column in found.columns] == list(HEAD)
    assert found.plan.mapping == {0: "name", 1: "inn", 2: "phones", 3: "fio", 4: "position", 5: "emails"}
    assert found.columns[0].reason == "Заголовок «Название»"
    assert found.rows == ((2, ROW), (4, ROW))
    assert found.warnings == ()
    assert found.size_bytes == path.stat().st_size


def test_samples_are_three_different_values_and_rows_twenty(tmp_path: Path) -> None:
    rows = [["Название", "ИНН"]] + [[f"Фирма {n // 2}", ""] for n in range(50)]
    found = inspect(books.csv_file(tmp_path, rows))
    assert found.columns[0].samples == ("Фирма 0", "Фирма 1", "Фирма 2")
    assert len(found.rows) == 20
    assert found.rows_count == 50


@pytest.mark.parametrize("content", [b"\r\n \r\n", b"\xef\xbb\xbf"])
def test_file_without_a_word_has_nothing_to_import(tmp_path: Path, content: bytes) -> None:
    found = inspect(books.raw_file(tmp_path, content))
    assert (found.rows_count, found.columns) == (0, ())
    assert "Под заголовком нет строк." in found.warnings


def test_header_only_and_one_row(tmp_path: Path) -> None:
    assert inspect(books.csv_file(tmp_path, [HEAD])).warnings == ("Под заголовком нет строк.",)
    assert inspect(books.csv_file(tmp_path, [HEAD, ROW])).rows_count == 1


def test_table_without_a_header_has_lettered_columns(tmp_path: Path) -> None:
    found = inspect(books.csv_file(tmp_path, [ROW, ROW]))
    assert (found.header_row, found.rows_count) == (0, 2)
    assert [column.title for column in found.columns] == list("ABCDEF")
    assert found.plan.mapping == {}
    assert "буквами" in found.warnings[0]


def test_repeated_headers_are_counted_and_skipped(tmp_path: Path) -> None:
    path = books.csv_file(tmp_path, [["Отчёт"], HEAD, ROW, HEAD, ROW, HEAD])
    found = inspect(path)
    assert (found.header_row, found.rows_count, found.repeated_headers) == (2, 2, 2)
    assert "2 строки" in found.warnings[0]
    assert [number for number, _ in read_rows(path, found.plan)] == [3, 5]


def test_a_thousand_columns_are_too_many(tmp_path: Path) -> None:
    wide = [f"c{n}" for n in range(1000)]
    for path in (books.csv_file(tmp_path, [HEAD, wide]), books.book(tmp_path, [HEAD, wide])):
        found = refusal(path)
        assert (found.code, found.numbers["row"]) == ("too_many_columns", 2)
    blank = [*HEAD, *[" "] * 1000]
    assert inspect(books.csv_file(tmp_path, [blank, ROW])).rows_count == 1


def test_too_many_rows(tmp_path: Path, settings: LazySettings) -> None:
    settings.IMPORT = settings.IMPORT | {"rows": 10}
    assert inspect(books.csv_file(tmp_path, [HEAD] + [ROW] * 10)).rows_count == 10
    assert refusal(books.csv_file(tmp_path, [HEAD] + [ROW] * 11)).code == "too_many_rows"


def test_time_limit(tmp_path: Path, settings: LazySettings) -> None:
    settings.IMPORT = settings.IMPORT | {"parse_s": 0}
    assert refusal(books.csv_file(tmp_path, [HEAD, ROW])).code == "too_heavy"


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        (Overrides(encoding="utf-7"), "unknown_encoding"),
        (Overrides(delimiter="x"), "bad_delimiter"),
        (Overrides(delimiter=""), "bad_delimiter"),
        (Overrides(header_row=-1), "bad_plan"),
        (Overrides(header_row=99), "bad_plan"),
        (Overrides(mapping={0: "nonsense"}), "bad_plan"),
        (Overrides(mapping={0: "name", 1: "name"}), "bad_plan"),
        (Overrides(mapping={-1: "name"}), "bad_plan"),
    ],
)
def test_overrides_that_do_not_fit(tmp_path: Path, overrides: Overrides, code: str) -> None:
    assert refusal(books.csv_file(tmp_path, [HEAD, ROW]), overrides).code == code


def test_person_overrides_everything(tmp_path: Path) -> None:
    path = books.csv_file(tmp_path, [["a,b"], ["Ромашка,1"]], encoding="cp866")
    chosen = Overrides(encoding="cp866", delimiter=",", header_row=0, mapping={0: "name", 1: "external_id"})
    found = inspect(path, overrides=chosen)
    assert (found.encoding, found.delimiter, found.header_row) == ("cp866", ",", 0)
    assert [row.company.name for _, row in read_rows(path, found.plan)] == ["a", "Ромашка"]


def test_mixed_encodings_are_warned_about_and_flagged(tmp_path: Path) -> None:
    good = "".join(f"Фирма {n};;\r\n" for n in range(60)).encode()
    path = books.raw_file(tmp_path, "Название;ИНН;Телефон\r\n".encode() + good + "Ромашка;;\r\n".encode("cp1251"))
    found = inspect(path)
    assert "другой кодировке: 1" in found.warnings[0]
    *_, (number, row) = read_rows(path, found.plan)
    assert (number, row.company.name, row.problems[0].code) == (62, "Ромашка", "mixed_encoding")
    assert not row.is_refused


def test_plan_survives_json_and_holds_the_file_to_its_content(tmp_path: Path) -> None:
    path = books.csv_file(tmp_path, [HEAD, ROW])
    plan = inspect(path).plan
    assert load_plan(json.loads(json.dumps(plan.dump()))) == plan
    path.write_bytes(path.read_bytes() + b"x\r\n")
    with pytest.raises(BadFile) as caught:
        read_rows(path, plan)
    assert caught.value.code == "changed"
    path.unlink()
    assert refusal(path).code == "missing"


def test_reading_may_be_left_in_the_middle(tmp_path: Path) -> None:
    path = books.csv_file(tmp_path, [HEAD] + [ROW] * 20_000)
    rows = read_rows(path, inspect(path).plan)
    assert next(rows)[0] == 2
    rows.close()  # type: ignore[attr-defined]


def test_child_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from companies.importer import reader

    monkeypatch.setenv("POSTGRES_PASSWORD", "secret")
    assert "secret" not in reader._environment().values()
