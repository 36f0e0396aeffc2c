"""Where the header is, and what people call the columns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from companies.importer import synonyms
from companies.importer.errors import BadFile
from companies.importer.headers import BY_PHRASE, Header, find_header, guess_mapping, guess_one, letter, titles
from companies.importer.wire import WireCell


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("name", "Название|НАИМЕНОВАНИЕ|компания|Организация|Контрагент|Клиент"),
        ("legal_name", "Полное наименование"),
        ("inn", "ИНН|инн:|ИНН/КПП"),
        ("kpp", "КПП"),
        ("ogrn", "ОГРН|ОГРНИП"),
        ("phones", "Телефон|Телефоны|Телефон(ы)|Тел.|тел|Номер|Номер телефона|моб.|Мобильный|Телефон 2|Телефон (3)"),
        ("contact_phones", "Телефон контакта|Телефон ЛПР|моб. контактного лица|тел. контакта 2"),
        ("emails", "E-mail|e-mail:|email|Почта|Эл. адрес|Электронная почта|Адрес электронной почты|Email 2"),
        ("contact_emails", "E-mail контакта|Почта ЛПР"),
        ("fio", "ФИО|Ф.И.О.|Контактное лицо|ЛПР|Имя+Фамилия|Фамилия Имя Отчество|Контактное лицо 2"),
        ("last_name", "Фамилия"),
        ("first_name", "Имя"),
        ("middle_name", "Отчество"),
        ("position", "Должность"),
        ("address", "Адрес|Юридический адрес"),
        ("site", "Сайт|www|WWW"),
        ("activity", "Вид деятельности|ОКВЭД"),
        ("responsible", "Ответственный|Менеджер"),
        ("branch", "Филиал"),
        ("status", "Статус"),
        ("spheres", "Сферы|Сфера деятельности"),
        ("contract_type", "Вид договора"),
        ("contract_until", "Договор до|Дата окончания договора"),
        ("note", "Комментарий|Примечание"),
        ("lead", "Холодный/Тёплый|холодный / теплый"),
        ("is_cold", "Холодный звонок"),
        ("is_warm", "Тёплый"),
        ("external_id", "ID|Код|id"),
    ],
)
def test_words_for_columns(field: str, written: str) -> None:
    for title in written.split("|"):
        guess = guess_one(title)
        assert (title, guess.field) == (title, field)
        assert title in guess.reason


@pytest.mark.parametrize(
    "title", ["Номер договора", "Дата", "Сумма", "", "№", "ё", "Телефон директору не давать", "2"]
)
def test_other_words_mean_nothing(title: str) -> None:
    assert guess_one(title).field == ""


def test_every_synonym_leads_to_a_field_and_to_one_only() -> None:
    phrases = [phrase.strip() for words in synonyms.SYNONYMS.values() for phrase in words.split(",")]
    assert len(phrases) == len(set(phrases)) == len(BY_PHRASE)
    assert set(BY_PHRASE.values()) <= set(synonyms.FIELDS)
    assert set(synonyms.FIELDS) >= synonyms.REPEATABLE
    assert all(guess_one(phrase).field == field for phrase, field in BY_PHRASE.items())


def test_misspelt_title_is_guessed_with_the_word_it_resembles() -> None:
    found = guess_mapping(["Контрогент", "Тилефон", "Должнасть", "Пустяк"])
    assert {column: guess.field for column, guess in found.items()} == {0: "name", 1: "phones", 2: "position"}
    assert found[0].reason == "Заголовок «Контрогент» похож на «контрагент»"
    assert not found[0].is_certain


def test_single_field_takes_the_first_column_and_repeatable_all() -> None:
    found = guess_mapping(["Название", "Компания", "Тел.", "Моб.", "ИНН"])
    assert {column: guess.field for column, guess in found.items()} == {
        0: "name",
        2: "phones",
        3: "phones",
        4: "inn",
    }


def header(
    rows: Sequence[Sequence[WireCell]], merges: Sequence[Sequence[int]] = (), wanted: int | None = None
) -> Header:
    return find_header(list(enumerate(rows, start=1)), merges, wanted)


def test_header_is_the_first_row_with_two_synonyms() -> None:
    rows = [["Выгрузка из 1С"], ["Клиент", "Ромашка"], ["№", "Название", "ИНН"], ["1", "ООО", "77"]]
    assert header(rows) == Header(3, ("№", "Название", "ИНН"), ("№", "Название", "ИНН"))


def test_one_synonym_is_enough_for_a_single_column_only() -> None:
    assert header([["Список"], ["Телефон"], ["8 922"]]).row == 2
    assert header([["Телефон", "x"], ["1", "2"]]).row == 0


def test_header_stands_in_the_first_twenty_rows() -> None:
    rows = [["x", "y"]] * 19
    assert header([*rows, ["ИНН", "КПП"]]).row == 20
    assert header([*rows, ["x", "y"], ["ИНН", "КПП"]]).row == 0
    assert find_header([(1, ["x", "y"]), (25, ["ИНН", "КПП"])], []).row == 0


def test_person_chooses_the_header_or_none() -> None:
    rows: list[list[WireCell]] = [["ИНН", "КПП"], ["a", "b"]]
    assert header(rows, wanted=2).cells == ("a", "b")
    assert header(rows, wanted=0) == Header(0)
    with pytest.raises(BadFile):
        header(rows, wanted=9)


def test_merged_cells_fill_in_the_header() -> None:
    found = header([["Название", "Телефон", "", "ИНН"]], merges=[[0, 1, 0, 2]])
    assert found.cells == ("Название", "Телефон", "Телефон", "ИНН")
    assert found.plain == ("Название", "Телефон", "", "ИНН")
    assert titles(found, 4) == ["Название", "Телефон", "Телефон (2)", "ИНН"]


def test_titles_are_told_apart() -> None:
    assert titles(Header(1, ("Тел", "Тел", "Тел (2)", "", "Тел")), 6) == [
        "Тел",
        "Тел (3)",
        "Тел (2)",
        "D",
        "Тел (4)",
        "F",
    ]
    assert titles(Header(0), 3) == ["A", "B", "C"]
    assert [letter(n) for n in (0, 25, 26, 199)] == ["A", "Z", "AA", "GR"]
