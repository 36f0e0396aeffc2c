"""Workbooks: sheets, merged cells, types, formulas, errors, damage and bombs inside."""

from __future__ import annotations

import random
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from openpyxl import Workbook

from companies.importer.errors import SENTENCES, BadFile
from companies.importer.rows import Overrides, SheetInfo, inspect, read_rows
from companies.importer.tests import books
from companies.importer.tests.books import HEAD, ROW

XLS = Path(__file__).with_name("book.xls")


def refusal(path: Path, overrides: Overrides | None = None) -> BadFile:
    with pytest.raises(BadFile) as caught:
        inspect(path, overrides=overrides)
    return caught.value


def test_two_header_rows_the_person_chooses_the_lower(tmp_path: Path) -> None:
    rows = [["Компания", "", "Телефон", ""], ["Название", "ИНН", "Тел.", "Тел."], ["ООО", "7707083893", "1", "2"]]
    path = books.book(tmp_path, rows, merges=["A1:B1", "C1:D1"])
    first = inspect(path)
    assert [column.title for column in first.columns] == ["Компания", "Компания (2)", "Телефон", "Телефон (2)"]
    assert "одинаковыми" in first.warnings[0]
    found = inspect(path, overrides=Overrides(header_row=2))
    assert [column.title for column in found.columns] == ["Название", "ИНН", "Тел.", "Тел. (2)"]
    assert found.plan.mapping == {0: "name", 1: "inn", 2: "phones", 3: "phones"}
    assert found.rows_count == 1


def test_merged_cells_fill_in_the_header_only(tmp_path: Path) -> None:
    rows = [["Название", "Телефон", None], ["ООО «Один»", "89221234567", None], [None, "89221234568", None]]
    path = books.book(tmp_path, rows, merges=["B1:C1", "A2:A3"])
    found = inspect(path)
    assert found.columns[2].field == "phones"
    assert [row.company.name for _, row in read_rows(path, found.plan)] == ["ООО «Один»", ""]


def test_header_merged_to_the_end_of_the_sheet_is_cut_at_the_limit(tmp_path: Path) -> None:
    path = books.book(tmp_path, [["Название", "ИНН", "Телефон"], ["ООО", "7707083893", "89221234567"]])
    parts = books.parts_of(path)
    sheet = "xl/worksheets/sheet1.xml"
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="C1:XFD1"/></mergeCells>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", merge)
    found = inspect(books.zip_file(tmp_path, parts))
    assert len(found.columns) == 200
    assert found.columns[199].title == "Телефон (198)"


def test_sheets_are_listed_hidden_ones_marked_the_first_filled_one_chosen(tmp_path: Path) -> None:
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active.title = "Пустой"
    for name, state in (("Скрытый", "hidden"), ("Очень", "veryHidden"), ("Данные", "visible")):
        sheet = workbook.create_sheet(name)
        sheet.append(["Название", name])
        sheet.append(["Фирма", name])
        sheet.sheet_state = state
    workbook.create_chartsheet("График")
    path = tmp_path / "upload"
    workbook.save(path)
    found = inspect(path)
    assert found.sheets == (
        SheetInfo("Пустой", is_hidden=False),
        SheetInfo("Скрытый", is_hidden=True),
        SheetInfo("Очень", is_hidden=True),
        SheetInfo("Данные", is_hidden=False),
    )
    assert found.sheet == "Данные"
    hidden = inspect(path, overrides=Overrides(sheet="Скрытый"))
    assert hidden.rows[-1][1] == ("Фирма", "Скрытый")
    assert "Этот лист в книге скрыт." in hidden.warnings
    assert refusal(path, Overrides(sheet="Нет")).code == "unknown_sheet"


def test_two_hundred_sheets_are_too_many(tmp_path: Path) -> None:
    workbook = Workbook()
    for number in range(199):
        workbook.create_sheet(f"Лист {number}")
    workbook.save(tmp_path / "upload")
    assert refusal(tmp_path / "upload").detail == "В книге больше 50 листов. Оставьте только нужные."


def test_typed_cells_of_a_workbook(tmp_path: Path) -> None:
    head = ["Название", "ИНН", "Телефон", "Договор до", "Код"]
    path = books.book(tmp_path, [head, ["ООО", 274062111, 79221234567, date(2026, 12, 31), 17.0]])
    [(number, row)] = read_rows(path, inspect(path).plan)
    assert number == 2
    assert (row.company.inn, row.company.contract_until, row.external_id) == ("0274062111", date(2026, 12, 31), "17")
    assert row.phones[0].e164 == "+79221234567"


def test_table_that_begins_in_the_middle_of_the_sheet(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for column, (title, value) in enumerate(zip(HEAD, ROW, strict=True), start=3):
        sheet.cell(5, column, title)
        sheet.cell(6, column, value)
    path = tmp_path / "upload"
    workbook.save(path)
    found = inspect(path)
    assert (found.header_row, found.columns[2].title, found.rows[0][0]) == (5, "Название", 6)
    [(number, row)] = read_rows(path, found.plan)
    assert (number, row.company.name) == (6, ROW[0])


def test_formulas_give_their_value_and_without_one_a_problem(tmp_path: Path) -> None:
    path = books.book(tmp_path, [["Название", "ИНН", "Сайт"], ['="ООО"&" Формула"', "7707083893", "=A1"]])
    parts = books.parts_of(path)
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v />", b"<v>calculated</v>", 1).replace(b'<c r="A2"', b'<c t="str" r="A2"')
    path = books.zip_file(tmp_path, parts)
    [(_, row)] = read_rows(path, inspect(path).plan)
    assert row.company.name == "calculated"
    assert [(p.code, p.column, p.value) for p in row.problems] == [("formula_without_value", 2, "=A1")]


def test_error_cells_are_problems(tmp_path: Path) -> None:
    path = books.book(tmp_path, [["Название", "ИНН", "Сайт"], ["ООО", "#N/A", "x"], ["#REF!", "#ДЕЛ/0!", "y"]])
    (_, first), (_, second) = read_rows(path, inspect(path).plan)
    assert [(p.code, p.column, p.value) for p in first.problems] == [("cell_error", 1, "#N/A")]
    assert [p.code for p in second.problems] == ["cell_error", "cell_error", "empty"]


def test_xls_of_excel_97(tmp_path: Path) -> None:
    found = inspect(XLS)
    assert (found.kind, found.sheet) == ("xls", "Компании")
    assert found.sheets[1] == SheetInfo("Скрытый", is_hidden=True)
    [(_, row)] = read_rows(XLS, replace(found.plan, mapping=found.plan.mapping | {4: "site"}))
    assert [(p.code, p.column, p.value) for p in row.problems] == [("cell_error", 4, "#DIV/0!")]
    assert (row.company.name, row.company.inn, row.company.contract_until) == (
        "ООО «Ромашка»",
        "7707083893",
        date(2026, 12, 31),
    )


def test_ods(tmp_path: Path) -> None:
    path = books.ods(tmp_path, books.ods_rows([HEAD, ROW]))
    found = inspect(path)
    assert (found.kind, found.sheet, found.header_row) == ("ods", "Лист1", 1)
    assert found.rows == ((2, ROW),)


def test_merged_header_of_ods(tmp_path: Path) -> None:
    body = (
        '<table:table table:name="A">'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row><table:table-row>'
        '<table:table-cell office:value-type="string"><text:p>Название</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-spanned="2" office:value-type="string"><text:p>Телефон</text:p>'
        "</table:table-cell><table:covered-table-cell/>"
        '<table:table-cell office:value-type="string"><text:p>ИНН</text:p></table:table-cell></table:table-row>'
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
            for text in ("ООО", "89221234567", "89221234568", "7707083893")
        )
        + "</table:table-row></table:table>"
    )
    path = books.ods(tmp_path, body)
    found = inspect(path)
    assert found.header_row == 3
    assert found.plan.mapping == {0: "name", 1: "phones", 2: "phones", 3: "inn"}


def test_formulas_and_errors_of_ods(tmp_path: Path) -> None:
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{title}</text:p></table:table-cell>'
        for title in ("Название", "Сайт", "ИНН", "Адрес")
    )
    cells = (
        '<table:table-cell office:value-type="string" table:formula="of:=1"><text:p>ООО</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="1"/><table:table-cell table:formula="of:=A1"/>'
    )
    body = (
        f'<table:table table:name="Лист1"><table:table-row>{head}</table:table-row>'
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f"<table:table-row>{cells}</table:table-row></table:table>"
        f'<table:table table:name="Другой"><table:table-row>{cells}</table:table-row></table:table>'
    )
    path = books.ods(tmp_path, body)
    [(number, row)] = read_rows(path, inspect(path).plan)
    assert (number, row.company.name) == (5, "ООО")
    assert [(p.code, p.column, p.value) for p in row.problems] == [
        ("cell_error", 1, "#DIV/0!"),
        ("formula_without_value", 3, "of:=A1"),
    ]


def test_damaged_inside_is_told_as_damaged(tmp_path: Path) -> None:
    parts = books.parts_of(books.book(tmp_path, [HEAD, ROW]))
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData><row><c r='A1'><v>1</w></c>"
    assert refusal(books.zip_file(tmp_path, parts)).code == "damaged"
    parts["xl/workbook.xml"] = b"not xml"
    assert refusal(books.zip_file(tmp_path, parts)).code in {"damaged", "no_sheets"}


def test_external_links_are_not_followed(tmp_path: Path) -> None:
    parts = books.parts_of(books.book(tmp_path, [HEAD, ROW]))
    parts["xl/externalLinks/externalLink1.xml"] = b'<externalLink><externalBook r:id="rId1"/></externalLink>'
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        b'<Relationships><Relationship Id="rId1" Target="http://192.0.2.1/x" TargetMode="External"/></Relationships>'
    )
    assert inspect(books.zip_file(tmp_path, parts)).rows_count == 1


def test_cell_at_the_far_corner_is_stopped_by_the_memory_limit(tmp_path: Path) -> None:
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active["A1"] = "x"
    workbook.active["XFD1048576"] = "y"
    workbook.save(tmp_path / "upload")
    assert refusal(tmp_path / "upload").code == "too_heavy"


def test_repeated_cells_of_ods_are_stopped_by_the_limits(tmp_path: Path, settings: LazySettings) -> None:
    settings.IMPORT = settings.IMPORT | {"memory_mb": 512}
    row = (
        '<table:table-row table:number-rows-repeated="1000000">'
        '<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    )
    found = refusal(books.ods(tmp_path, f'<table:table table:name="A">{row}</table:table>'))
    assert found.code in {"too_heavy", "too_many_columns", "damaged"}


def test_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    books.book(tmp_path, [HEAD, ROW]).rename(path)
    assert inspect(path).kind == "xlsx"
    assert zipfile.is_zipfile(path)


def test_protected_ods(tmp_path: Path) -> None:
    parts = books.parts_of(books.ods(tmp_path, books.ods_rows([HEAD, ROW])))
    parts["META-INF/manifest.xml"] = (
        b'<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        b'<manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>'
    )
    assert refusal(books.zip_file(tmp_path, parts)).code == "password"


def test_spoilt_books_are_refused_or_read(tmp_path: Path) -> None:
    rnd = random.Random(40)  # noqa: S311 (a seed, not a secret)
    parts = books.parts_of(books.book(tmp_path, [HEAD, ROW, ["=1", None, "#N/A"]]))
    for _ in range(12):
        name = rnd.choice(sorted(parts))
        content = bytearray(parts[name])
        for _ in range(rnd.randrange(1, 9)):
            content[rnd.randrange(len(content))] = rnd.randrange(256)
        path = books.zip_file(tmp_path, parts | {name: bytes(content)})
        try:
            assert inspect(path).kind == "xlsx"
        except BadFile as refused:
            assert refused.code in SENTENCES
