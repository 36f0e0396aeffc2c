"""A row of cells as a company, its people and what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

import pytest
from django.db.models import CharField, Model

from companies.importer import reachable
from companies.importer.parsed import (
    LONGEST,
    LONGEST_INN_RAW,
    LONGEST_NAME,
    LONGEST_POSITION,
    LONGEST_SPHERE,
    ParsedRow,
    Rules,
)
from companies.importer.problems import WHOLE_ROW, Level
from companies.importer.reachable import ParsedPhone
from companies.importer.record import read_row
from companies.importer.synonyms import FIELDS
from companies.importer.wire import Cell, CellFault
from companies.models import Company, CompanySphere, Contact, ExternalRef, PhoneNumber, numbers
from companies.models.numbers import PhoneType


def row_of(fields: str, *cells: Cell, rules: Rules | None = None, faults: Sequence[str] = ()) -> ParsedRow:
    return read_row(cells, dict(enumerate(fields.split())), rules=rules, faults=faults)


def codes(row: ParsedRow) -> list[str]:
    return [problem.code for problem in row.problems]


def test_every_field_of_a_company() -> None:
    row = row_of(
        "name legal_name inn kpp ogrn address site activity responsible branch status spheres contract_type"
        " contract_until note lead external_id",
        "Ромашка",
        "ООО «Ромашка»",
        7707083893,
        773601001,
        "1027700132195",
        "г. Омск,  ул. Мира, 5",
        "romashka.ru",
        "62.01 Разработка",
        "anna",
        "ЕКБ",
        "Новый",
        "Стройка; ЖКХ, Наука",
        "Рамочный",
        46387,
        "первая\nвторая",
        "тёплый",
        42,
    )
    company = row.company
    assert (company.name, company.legal_name) == ("Ромашка", "ООО «Ромашка»")
    assert (company.inn, company.kpp, company.ogrn) == ("7707083893", "773601001", "1027700132195")
    assert company.address == "г. Омск, ул. Мира, 5"
    assert (company.responsible, company.branch, company.status) == ("anna", "ЕКБ", "Новый")
    assert company.spheres == ("Стройка", "ЖКХ", "Наука")
    assert (company.contract_type, company.contract_until) == ("Рамочный", date(2026, 12, 31))
    assert (company.note, row.lead, row.external_id) == ("первая\nвторая", "warm", "42")
    assert row.problems == ()


def test_entities_are_unescaped_once_before_trimming() -> None:
    row = row_of("name address", "&nbsp;&laquo;Рога &amp;amp; копыта&raquo;&nbsp;", "&#1054;&#1084;&#1089;&#1082;")
    assert (row.company.name, row.company.address) == ("«Рога &amp; копыта»", "Омск")


def test_emoji_and_right_to_left_names() -> None:
    row = row_of("name phones", "🚀 \u202bشركة النور\u202c 🚀", "8 922 123 45 67")
    assert row.company.name == "🚀 شركة النور 🚀"


def test_people_with_their_phones_emails_and_positions() -> None:
    row = row_of(
        "name fio position contact_phones contact_emails phones",
        "Ромашка",
        "ЕКБ: Иванов Иван Иванович; Петров П.П.",
        "директор, бухгалтер",
        "8 922 123 45 67; 8 922 123 45 68",
        "a@b.ru; c@d.ru",
        "8 343 222 33 44",
        rules=Rules(name_prefixes=("ЕКБ",)),
    )
    assert [(p.last_name, p.position, p.phones[0].e164, p.emails[0].norm) for p in row.persons] == [
        ("Иванов", "директор", "+79221234567", "a@b.ru"),
        ("Петров", "бухгалтер", "+79221234568", "c@d.ru"),
    ]
    assert [phone.e164 for phone in row.phones] == ["+73432223344"]
    assert row.problems == ()


def test_uneven_people_and_phones_go_to_the_first_and_are_told() -> None:
    row = row_of("name fio contact_phones", "Ромашка", "Иванов Иван; Петров Пётр", "8 922 123 45 67")
    assert [len(person.phones) for person in row.persons] == [1, 0]
    assert codes(row) == ["not_paired"]


def test_contact_phones_without_people_are_the_companys() -> None:
    row = row_of("name contact_phones contact_emails position", "Ромашка", "8 922 123 45 67", "a@b.ru", "директор")
    assert (row.persons, row.phones[0].e164, row.emails[0].norm) == ((), "+79221234567", "a@b.ru")
    assert codes(row) == ["no_person", "position_without_person"]


def test_name_in_three_columns() -> None:
    row = row_of("name last_name first_name middle_name", "Ромашка", "Иванов", "Иван", "Иванович")
    assert [(p.last_name, p.first_name, p.middle_name) for p in row.persons] == [("Иванов", "Иван", "Иванович")]


def test_several_columns_of_one_kind() -> None:
    row = row_of(
        "name phones phones spheres note note", "Ромашка", "89221234567", "89221234567; 89221234568", "", "a", "b"
    )
    assert [phone.e164 for phone in row.phones] == ["+79221234567", "+79221234568"]
    assert row.company.note == "a\nb"


def test_unclear_name_is_kept_and_told() -> None:
    row = row_of("name fio", "Ромашка", "Иванов Иван Иванович 8 922")
    assert row.persons[0].last_name == "Иванов Иван Иванович 8 922"
    assert codes(row) == ["fio_unclear"]


@pytest.mark.parametrize(
    ("fields", "cells", "is_empty"),
    [
        ("name inn phones", ("", "", ""), True),
        ("address", ("Омск",), True),
        ("inn", ("7,7E+09",), True),
        ("phones", ("утром",), True),
        ("name", ("Ромашка",), False),
        ("legal_name", ("ООО Ромашка",), False),
        ("inn", ("7707083893",), False),
        ("phones", ("101",), False),
        ("fio contact_phones", ("Иванов", "8 922 123 45 67"), False),
    ],
)
def test_row_without_name_inn_and_phone_is_refused(fields: str, cells: tuple[str, ...], is_empty: bool) -> None:
    row = row_of(fields, *cells)
    assert ("empty" in codes(row)) == is_empty == row.is_refused


def test_name_comes_from_the_legal_name_only_where_no_name_is_given() -> None:
    assert row_of("legal_name", "ООО «Ромашка»").company.name == "ООО «Ромашка»"
    assert row_of("name legal_name", "Ромашка", "ООО «Ромашка»").company.name == "Ромашка"


def test_kpp_in_the_cell_of_the_inn() -> None:
    row = row_of("inn", "7707083893/773601001")
    assert (row.company.inn, row.company.kpp) == ("7707083893", "773601001")


def test_values_longer_than_the_card_are_told_whole_and_not_cut() -> None:
    row = row_of("name inn phones fio", "я" * 256, "7707083893", "", "ю" * 121)
    assert row.company.name == ""
    assert {(p.code, len(p.value)) for p in row.problems} == {("too_long", 256), ("too_long", 121)}


def longest(model: type[Model], field: str) -> int | None:
    return cast("CharField[str, str]", model._meta.get_field(field)).max_length


def test_longest_are_those_of_the_columns() -> None:
    columns = {"site": "website", "activity": "activity_kind"}
    for field in ("name", "legal_name", "address", "site", "activity"):
        assert longest(Company, columns.get(field, field)) == LONGEST[field]
    assert longest(ExternalRef, "external_id") == LONGEST["external_id"]
    assert longest(Company, "inn_raw") == LONGEST_INN_RAW
    assert longest(CompanySphere, "name") == LONGEST_SPHERE
    assert longest(Contact, "position") == LONGEST_POSITION
    for name in ("last_name", "first_name", "middle_name"):
        assert longest(Contact, name) == LONGEST_NAME


def test_the_reader_counts_and_names_numbers_as_the_card_does() -> None:
    assert reachable.MAX_PER_HOLDER == numbers.MAX_PER_HOLDER
    kinds = {reachable.WORK, reachable.WORK_DIRECT, reachable.MOBILE, reachable.HOME, reachable.FAX}
    assert kinds <= set(PhoneType.values)
    assert ParsedPhone("1").type == PhoneNumber._meta.get_field("type").get_default()


def test_more_than_twenty_phones_are_told() -> None:
    row = row_of("phones", "; ".join(f"8 922 123 45 {n}" for n in range(10, 35)))
    assert len(row.phones) == 20
    assert (codes(row), row.problems[0].value.count(";")) == (["too_many_phones"], 4)


def test_overlong_and_faulty_cells_are_problems() -> None:
    row = row_of("name inn site", "x" * 32_768, "7707083893", CellFault("formula_without_value", "=A1"))
    assert [(p.code, p.column, len(p.value)) for p in row.problems] == [
        ("cell_too_long", 0, 32_768),
        ("formula_without_value", 2, 3),
    ]


def test_fault_of_the_whole_row() -> None:
    row = row_of("name inn", '"Ромашка', "", faults=["unclosed_quote"])
    assert [(p.code, p.column, p.level) for p in row.problems] == [("unclosed_quote", WHOLE_ROW, Level.REFUSED)]
    assert row.is_refused


def test_raw_cells_are_kept_with_the_unmapped_ones() -> None:
    assert read_row(["Ромашка", " что-то ", 5], {0: "name"}).raw == ("Ромашка", " что-то ", "5")


def test_short_row_and_a_mapping_beyond_it() -> None:
    assert read_row(["Ромашка"], {0: "name", 7: "inn"}).company.inn == ""


def test_every_field_may_be_mapped_to_any_text() -> None:
    for field in FIELDS:
        for text in ("", " ", "x", "0", "'", '"', "🚀", "\u202e", "1" * 70, "=", ";;;", "8 800 ЗВОНИТЕ", "+7;+7"):
            assert isinstance(read_row([text], {0: field}), ParsedRow)
