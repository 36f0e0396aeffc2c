"""Full names in every order that offices write them, and whose phone is whose."""

from __future__ import annotations

import pytest

from companies.importer import people
from companies.importer.first_names import KNOWN
from companies.importer.people import Person, pair, parse_people, parse_person
from companies.importer.reachable import ParsedEmail, ParsedPhone

PREFIXES = ("ЕКБ", "ТМН")


@pytest.mark.parametrize(
    ("written", "last", "first", "middle"),
    [
        ("Иванов Иван Иванович", "Иванов", "Иван", "Иванович"),
        ("Иван Иванович Иванов", "Иванов", "Иван", "Иванович"),
        ("ЩУКИНА ЮЛИЯ ЭДУАРДОВНА", "ЩУКИНА", "ЮЛИЯ", "ЭДУАРДОВНА"),
        ("Анна Никитична Орлова", "Орлова", "Анна", "Никитична"),
        ("Владимир Ильич Ульянов", "Ульянов", "Владимир", "Ильич"),
        ("Мамедов Али Гусейн оглы", "Мамедов", "Али", "Гусейн оглы"),
        ("Алиева Лейла Гусейн-кызы", "Алиева", "Лейла", "Гусейн-кызы"),
        ("Абрамович Анна Ивановна", "Абрамович", "Анна", "Ивановна"),
        ("Анна Ивановна Абрамович", "Абрамович", "Анна", "Ивановна"),
        ("Ким Сергей Владимирович", "Ким", "Сергей", "Владимирович"),
        ("Иванов И.П.", "Иванов", "И", "П"),
        ("Иванов И. П.", "Иванов", "И", "П"),
        ("Иванов И.П", "Иванов", "И", "П"),
        ("Иванов И.", "Иванов", "И", ""),
        ("И.П. Иванов", "Иванов", "И", "П"),
        ("И. Иванова-Петрова", "Иванова-Петрова", "И", ""),
        ("Иванов Иван П.", "Иванов", "Иван", "П"),
        ("Иван Петров", "Петров", "Иван", ""),
        ("Петров Иван", "Петров", "Иван", ""),
        ("Юля Сидорова", "Сидорова", "Юля", ""),
        ("Алёна Ёлкина", "Ёлкина", "Алёна", ""),
        ("Смит Джон", "Смит", "Джон", ""),
        ("Иван Петрович", "", "Иван", "Петрович"),
        ("Анна-Мария Петрова", "Петрова", "Анна-Мария", ""),
        ("Иванов", "Иванов", "", ""),
        ("Иван", "Иван", "", ""),
        ("О'Хара Скарлетт", "О'Хара", "Скарлетт", ""),
        ("ЕКБ: Иванов Иван", "Иванов", "Иван", ""),
        ("екб - Иванов Иван", "Иванов", "Иван", ""),
        ("ТМН | Иванов Иван", "Иванов", "Иван", ""),
        ("Екбатанов Иван", "Екбатанов", "Иван", ""),
    ],
)
def test_names(written: str, last: str, first: str, middle: str) -> None:
    [person] = parse_people(written, PREFIXES)
    assert (person.last_name, person.first_name, person.middle_name) == (last, first, middle)
    assert not person.is_unclear


@pytest.mark.parametrize(
    "written",
    [
        "Иванов Иван Иванович директор",
        "Иванов Иван 8 922 1234567",
        "отдел №5",
        "Иванов Иван директор",
        "Иванов Иван (директор)",
        "Иванов - директор",
        "зам. директора",
        "И.П.",
        "Иванов Иван, директор",
        "Иван П. Петров",
        "a@b.ru",
        "🚀",
    ],
)
def test_unclear_names_stay_whole_in_the_last_name(written: str) -> None:
    [person] = parse_people(written, PREFIXES)
    assert person == Person(last_name=written, is_unclear=True)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("Иванов И.П.; Петров П.П.", 2),
        ("Иванов Иван\nПетров Пётр", 2),
        ("Иванов Иван, Петров Пётр", 2),
        ("Иванов И.П., Петров П.П., Сидоров С.С.", 3),
        ("ЕКБ: Иванов Иван; ТМН: Петров Пётр", 2),
        ("Иванов, Петров", 1),
        (" ; \n", 0),
    ],
)
def test_several_people_in_one_cell(written: str, count: int) -> None:
    assert len(parse_people(written, PREFIXES)) == count


def test_prefixes_are_a_setting() -> None:
    assert parse_person("ЕКБ: Иванов").is_unclear
    assert people.strip_prefix("ЕКБ", PREFIXES) == "ЕКБ"


def test_known_names_are_folded_and_there_are_enough_of_them() -> None:
    assert len(KNOWN) >= 300
    assert all(name == name.casefold() and "ё" not in name for name in KNOWN)
    assert {"иван", "анна", "саша", "юля", "дан"} <= KNOWN


PHONES = [ParsedPhone("1", "+73430000001"), ParsedPhone("2", "+73430000002")]
EMAILS = [ParsedEmail("a@b.ru", "a@b.ru"), ParsedEmail("c@d.ru", "c@d.ru")]
TWO = [Person(last_name="Иванов"), Person(last_name="Петров")]


def test_equal_counts_pair_by_order() -> None:
    found = pair(TWO, PHONES, EMAILS, ["директор", "бухгалтер"])
    assert [(p.phones, p.emails, p.position) for p in found.people] == [
        ((PHONES[0],), (EMAILS[0],), "директор"),
        ((PHONES[1],), (EMAILS[1],), "бухгалтер"),
    ]
    assert not found.is_uneven


def test_other_counts_go_to_the_first() -> None:
    found = pair(TWO, PHONES[:1], EMAILS, ["a", "b", "c"])
    assert [(p.phones, len(p.emails), p.position) for p in found.people] == [((PHONES[0],), 1, "a, b, c"), ((), 1, "")]
    assert found.is_uneven


def test_one_person_has_everything() -> None:
    found = pair(TWO[:1], PHONES, EMAILS, ["директор", "учредитель"])
    assert found.people[0].phones == tuple(PHONES)
    assert found.people[0].position == "директор, учредитель"
    assert not found.is_uneven
