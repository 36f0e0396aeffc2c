"""Requisites, dates, several values in one cell, phones and e-mails among words."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from companies.importer import reachable, values
from companies.importer.problems import CODES, Problems
from companies.importer.values import Inn
from companies.importer.wire import Cell


def codes(problems: Problems) -> list[str]:
    return [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("cell", "inn", "problem"),
    [
        (7707083893, Inn("7707083893"), ""),
        ("7707083893", Inn("7707083893"), ""),
        ("7707083893.0", Inn("7707083893"), ""),
        ("7707 083 893", Inn("7707083893"), ""),
        ("500100732259", Inn("500100732259"), ""),
        ('="7707083893"', Inn("7707083893"), ""),
        (274062111, Inn("0274062111"), "inn_zero_restored"),
        ('="0274062111"', Inn("0274062111"), ""),
        ("274062112", Inn(raw="274062112"), "inn_shape"),
        ("7707083894", Inn("7707083894"), "inn_checksum"),
        ("0000000000", Inn("0000000000"), "inn_checksum"),
        ("7,7E+09", Inn(), "excel_broke_number"),
        ("7.70708E+09", Inn(), "excel_broke_number"),
        (7.7e17, Inn(), "excel_broke_number"),
        ("7707083893 / 773601001", Inn("7707083893", kpp="773601001"), ""),
        ("7707083893; 7736050003", Inn(raw="7707083893; 7736050003"), "inn_shape"),
        ("нет", Inn(raw="нет"), "inn_shape"),
        ("", Inn(), ""),
    ],
)
def test_inn(cell: Cell, inn: Inn, problem: str) -> None:
    problems = Problems()
    assert values.parse_inn(cell, 3, problems) == inn
    assert codes(problems) == [problem] * bool(problem)
    assert all(found.column == 3 for found in problems)


@pytest.mark.parametrize(
    ("written", "inn", "kpp", "problem"),
    [
        ("773601001", "7707083893", "773601001", ""),
        ("7736010011", "7707083893", "", "bad_kpp"),
        ("77360a001", "7707083893", "77360A001", ""),
        ("77360А001", "7707083893", "", "bad_kpp"),  # Cyrillic А
        ("27401001", "0274062111", "027401001", "kpp_zero_restored"),
        ("27401001", "7707083893", "", "bad_kpp"),
        ("773601001", "500100732259", "", "kpp_of_person"),
    ],
)
def test_kpp(written: str, inn: str, kpp: str, problem: str) -> None:
    problems = Problems()
    assert values.parse_kpp(written, inn, 0, problems) == kpp
    assert codes(problems) == [problem] * bool(problem)


@pytest.mark.parametrize(
    ("cell", "ogrn", "problem"),
    [
        (1027700132195, "1027700132195", ""),
        ("1027700132194", "1027700132194", "ogrn_checksum"),
        ("1,0277E+12", "", "excel_broke_number"),
        ("123", "", "bad_ogrn"),
    ],
)
def test_ogrn(cell: Cell, ogrn: str, problem: str) -> None:
    problems = Problems()
    assert values.parse_ogrn(cell, 0, problems) == ogrn
    assert codes(problems) == [problem] * bool(problem)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31.12.2026", date(2026, 12, 31)),
        ("1.2.26", date(2026, 2, 1)),
        ("31.12.2026 г.", date(2026, 12, 31)),
        ("31.12.2026 00:00:00", date(2026, 12, 31)),
        ("2026-12-31", date(2026, 12, 31)),
        ("2026-12-31T10:00:00", date(2026, 12, 31)),
        (46387, date(2026, 12, 31)),
        ("46387", date(2026, 12, 31)),
        (46387.5, date(2026, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 9), date(2026, 12, 31)),  # noqa: DTZ001
        ("", None),
    ],
)
def test_dates(cell: Cell, day: date | None) -> None:
    problems = Problems()
    assert values.parse_date(cell, 0, problems) == day
    assert problems == []


@pytest.mark.parametrize("cell", ["31.02.2026", "бессрочно", "19999", "80001", 7, "01.01.1900", "31.12.9999", "1e5"])
def test_what_is_no_date_is_told_with_its_text(cell: Cell) -> None:
    problems = Problems()
    assert values.parse_date(cell, 0, problems) is None
    assert [(p.code, p.value) for p in problems] == [("bad_date", str(cell))]


@pytest.mark.parametrize(
    ("field", "written", "state", "problem"),
    [
        ("lead", "Холодный", "cold", ""),
        ("lead", "тёплая", "warm", ""),
        ("lead", "WARM", "warm", ""),
        ("lead", "да", "", "bad_lead"),
        ("lead", "холодный/тёплый", "", "bad_lead"),
        ("is_cold", "да", "cold", ""),
        ("is_cold", "0", "warm", ""),
        ("is_warm", "+", "warm", ""),
        ("is_warm", "нет", "cold", ""),
        ("is_cold", "может быть", "", "bad_lead"),
        ("is_cold", "", "", ""),
    ],
)
def test_cold_and_warm(field: str, written: str, state: str, problem: str) -> None:
    problems = Problems()
    assert values.parse_lead(field, written, 0, problems) == state
    assert codes(problems) == [problem] * bool(problem)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("a; b\nc / d, e", ["a", "b", "c", "d", "e"]),
        ("т/ф 1", ["т/ф 1"]),
        ("343-11-22, доб. 5, 343-11-23", ["343-11-22, доб. 5", "343-11-23"]),
        (" ;; \n", []),
    ],
)
def test_several_values(written: str, parts: list[str]) -> None:
    assert values.split_values(written) == parts


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("8 (343) 123-45-67; +7 922 123-45-67", [("+73431234567", ""), ("+79221234567", "")]),
        ("8 (343) 123-45-67, 8 (343) 123-45-68", [("+73431234567", ""), ("+73431234568", "")]),
        ("8 (343) 123-45-67 / 89221234567", [("+73431234567", ""), ("+79221234567", "")]),
        ("89221234567/89227654321", [("+79221234567", ""), ("+79227654321", "")]),
        ("8 (343) 123-45-67, доб. 12, 8 922 1234567", [("+73431234567", "12"), ("+79221234567", "")]),
        ("+7 (343) 370-00-00 вн. 102", [("+73433700000", "102")]),
        ("тел. +7 (343) 370-00-00 вн. 102, Иван", [("+73433700000", "102")]),
        ("89221234567\n89221234567", [("+79221234567", "")]),
        ("8 (343) 370-00-00 (доб. 101)", [("+73433700000", "101")]),
        ("8 922 123 45 67, Иван", [("+79221234567", "")]),
        ("9221234567.0", [("", "")]),
        ("8 (343) 222,33,44", [("", "")]),
        ("370-12-34", [("", "")]),
        ("101", [("", "")]),
        ("+49 30 901820", [("+4930901820", "")]),
    ],
)
def test_phones(written: str, numbers: list[tuple[str, str]]) -> None:
    problems = Problems()
    found = reachable.parse_phones(written, 0, problems)
    assert [(phone.e164, phone.ext) for phone in found] == numbers
    assert codes(problems) == ["phone_unrecognised"] * sum(not phone.e164 for phone in found)


def test_matcher_finds_numbers_among_words_with_their_kind() -> None:
    found = reachable.parse_phones(
        "тел. 8 (343) 123-45-67, моб. +7 922 123-45-67, факс 8 343 222-33-44 доб. 5 (бухгалтерия)", 0, Problems()
    )
    assert [(p.e164, p.ext, p.type, p.comment) for p in found] == [
        ("+73431234567", "", "work", "тел"),
        ("+79221234567", "", "mobile", "моб"),
        ("+73432223344", "5", "fax", "факс, (бухгалтерия)"),
    ]


def test_numeric_cell_is_a_phone_and_a_broken_one_is_not() -> None:
    assert reachable.parse_phones(79221234567, 0, Problems())[0].e164 == "+79221234567"
    for cell in ("7,92E+10", 7.9221234567e17):
        problems = Problems()
        assert reachable.parse_phones(cell, 0, problems) == []
        assert codes(problems) == ["excel_broke_number"]


def test_local_number_is_completed_by_the_area_code() -> None:
    assert reachable.parse_phones("370-12-34", 0, Problems(), area_code="343")[0].e164 == "+73433701234"


def test_words_and_endless_digits_are_no_phones() -> None:
    problems = Problems()
    assert reachable.parse_phones("звонить утром; " + "1" * 90, 0, problems) == []
    assert [(p.code, len(p.value)) for p in problems] == [("bad_phone", 13), ("too_long", 90)]


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("A@B.ru; c@d.ru", ["a@b.ru", "c@d.ru"]),
        ("a@b.ru, a@b.ru,c@d.ru", ["a@b.ru", "c@d.ru"]),
        ("mailto:a@b.ru", ["a@b.ru"]),
        ("Иван <a@b.ru>", ["a@b.ru"]),
        ("a@b.ru c@d.ru", ["a@b.ru", "c@d.ru"]),
        ("почта@пример.рф", []),
        ("info@пример.рф", ["info@xn--e1afmkfd.xn--p1ai"]),
    ],
)
def test_emails(written: str, addresses: list[str]) -> None:
    found = reachable.parse_emails(written, 0, Problems())
    assert [email.norm for email in found] == addresses


def test_words_around_an_address_are_kept() -> None:
    [found] = reachable.parse_emails("Иван Петров <a@b.ru>", 0, Problems())
    assert (found.raw, found.comment) == ("a@b.ru", "Иван Петров")


def test_what_is_no_address_is_told() -> None:
    problems = Problems()
    assert reachable.parse_emails("нет; a@; a@b.ru", 0, problems)[0].norm == "a@b.ru"
    assert [(p.code, p.value) for p in problems] == [("bad_email", "нет"), ("bad_email", "a@")]


def test_every_problem_has_a_sentence_and_advice() -> None:
    assert all(sentence.endswith(".") and advice.endswith(".") for _, sentence, advice in CODES.values())
    assert not any("!" in text for _, *texts in CODES.values() for text in texts)
